'use client';

import { type FormEvent, useCallback, useEffect, useRef, useState } from 'react';
import type { Api, Task } from '../browser/api.ts';

interface Properties {
  readonly api: Api;
  /** Another number when something else has changed the tasks. */
  readonly changes: number;
  readonly explain: (error: unknown) => string;
}

export function TaskList({ api, changes, explain }: Properties) {
  const [tasks, setTasks] = useState<readonly Task[]>();
  const [problem, setProblem] = useState('');
  const [done, setDone] = useState('');
  const title = useRef<HTMLInputElement>(null);

  /** Does something and shows the list as it is then; true if it went well. */
  const doing = useCallback(
    async (work: () => Promise<unknown>, message: string): Promise<boolean> => {
      setProblem('');
      try {
        await work();
        setTasks(await api.tasks());
        setDone(message);
        return true;
      } catch (error) {
        setProblem(explain(error));
        return false;
      }
    },
    [api, explain],
  );

  // biome-ignore lint/correctness/useExhaustiveDependencies: a change made elsewhere is the reason to ask again
  useEffect(() => {
    void doing(async () => undefined, '');
  }, [doing, changes]);

  const add = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    const words = String(new FormData(form).get('title'));
    if (await doing(() => api.addTask(words), `Added ${words}`)) form.reset();
    title.current?.focus();
  };

  /** Shows at once what is not known to have happened yet, and takes it back if it did not. */
  const setShown = (task: Task, isDone: boolean) => {
    setTasks((known) => known?.map((one) => (one.id === task.id ? { ...one, done: isDone } : one)));
  };

  const toggle = async (task: Task) => {
    setShown(task, !task.done);
    const message = `${task.title} is ${task.done ? 'open again' : 'done'}`;
    if (!(await doing(() => api.setDone(task.id, !task.done), message))) setShown(task, task.done);
  };

  const remove = async (task: Task) => {
    await doing(() => api.deleteTask(task.id), `Deleted ${task.title}`);
    title.current?.focus(); // where the button was, there is nothing now
  };

  return (
    <section aria-labelledby="tasks-heading">
      <h2 id="tasks-heading">Tasks</h2>
      <form onSubmit={add} className="line">
        <label htmlFor="title" className="unseen">
          New task
        </label>
        <input id="title" name="title" ref={title} placeholder="New task" required maxLength={200} autoComplete="off" />
        <button type="submit">Add</button>
      </form>
      <p role="alert" className="problem">
        {problem}
      </p>
      <p role="status" className="unseen">
        {done}
      </p>
      {tasks?.length === 0 && <p className="hint">Nothing here yet. Add a task above, or ask for one in the chat.</p>}
      <ul className="tasks">
        {tasks?.map((task) => (
          <li key={task.id} className={task.done ? 'done' : ''}>
            <label>
              <input type="checkbox" checked={task.done} onChange={() => toggle(task)} />
              <span>{task.title}</span>
            </label>
            <button type="button" className="quiet" onClick={() => remove(task)} aria-label={`Delete ${task.title}`}>
              Delete
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
