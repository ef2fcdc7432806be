/** One worker: takes a message, claims its task, does it while renewing the lease, and completes it. */

import { setTimeout as sleep } from 'node:timers/promises';
import { Counter, Histogram, HttpError, type Log, type Registry } from '@imbricate/chassis';
import type { Queries } from '@imbricate/chassis/postgres';
import type { Redis } from '@imbricate/chassis/redis';
import { claim, fail, LEASE_SECONDS, type Lease, type Loop, putBack, Queue, renew, repeat, succeed, type Task } from '@tamma/tasks';
import { perform, TaskError } from './work.js';

const RECEIVE_SECONDS = 2;
const RENEW_SECONDS = LEASE_SECONDS / 3;
const COMPLETION_ATTEMPTS = 60;

export interface TaskMetrics {
  readonly finished: Counter;
  readonly duration: Histogram;
}

export function taskMetrics(metrics: Registry): TaskMetrics {
  return {
    finished: new Counter({
      name: 'tamma_tasks_finished_total',
      help: 'Tasks that this worker ended with, by kind and outcome',
      labelNames: ['kind', 'outcome'],
      registers: [metrics],
    }),
    duration: new Histogram({
      name: 'tamma_task_duration_seconds',
      help: 'Seconds that tasks took, by kind',
      labelNames: ['kind'],
      buckets: [0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 600],
      registers: [metrics],
    }),
  };
}

export interface WorkerParts {
  /** The pod's name: what a task says of who does it. */
  readonly name: string;
  readonly database: Queries;
  readonly connection: Redis;
  /** A connection for blocking reads alone. */
  readonly reader: Redis;
  readonly log: Log;
  readonly metrics: TaskMetrics;
}

type Outcome = 'succeeded' | 'failed' | 'put_back' | 'lost';

export class Worker {
  readonly #parts: WorkerParts;
  readonly #stopping = new AbortController();
  readonly #inbox: Queue;
  readonly #queue: Queue;
  readonly #loop: Loop;

  constructor(parts: WorkerParts) {
    this.#parts = parts;
    this.#inbox = new Queue(parts.reader);
    this.#queue = new Queue(parts.connection);
    this.#loop = repeat('work', 1, parts.log, () => this.#round());
  }

  /** Takes no more tasks; lets the one that runs finish for so long, then puts it back. */
  async stop(seconds: number): Promise<void> {
    const timer = setTimeout(() => {
      this.#stopping.abort();
    }, seconds * 1000);
    await this.#loop.stop();
    clearTimeout(timer);
    await this.#parts.reader.close();
  }

  async #round(): Promise<boolean> {
    const { name, database, log } = this.#parts;
    const message = await this.#inbox.receive(name, RECEIVE_SECONDS);
    if (!message) return true;
    const task = await claim(database, message.task, name);
    // Should this fail, the orchestrator removes the message later and finds its task taken.
    await this.#queue.acknowledge(message.entry).catch((error: unknown) => {
      log.warn({ reason: (error as Error).message }, 'a message was not acknowledged');
    });
    if (task) await this.#do(task);
    return true;
  }

  async #do(task: Task): Promise<void> {
    const { log, metrics } = this.#parts;
    const began = performance.now();
    const outcome = await this.#attempt(task, { id: task.id, attempt: task.attempts });
    const seconds = (performance.now() - began) / 1000;
    metrics.finished.inc({ kind: task.kind, outcome });
    metrics.duration.observe({ kind: task.kind }, seconds);
    log.info({ task: task.id, kind: task.kind, attempt: task.attempts, outcome, seconds }, 'task');
  }

  /** Does a task until it is done, or is not ours any more, or the worker has to stop. */
  async #attempt(task: Task, lease: Lease): Promise<Outcome> {
    const { database, log } = this.#parts;
    const lost = new AbortController();
    const renewing = repeat('renew', RENEW_SECONDS, log, async () => {
      if (!(await renew(database, lease))) lost.abort();
      return false;
    });
    try {
      const result = await perform(task.kind, task.input, AbortSignal.any([lost.signal, this.#stopping.signal]));
      return await completed('succeeded', () => succeed(database, lease, result));
    } catch (error) {
      if (lost.signal.aborted) return 'lost';
      if (this.#stopping.signal.aborted) return await completed('put_back', () => putBack(database, lease));
      if (!(error instanceof TaskError)) log.error({ err: error, task: task.id }, 'a task failed unexpectedly');
      const reason = error instanceof TaskError ? error.message : 'internal error';
      return await completed('failed', () => fail(database, lease, reason));
    } finally {
      await renewing.stop();
    }
  }
}

/** Writes how a task ended, again and again while the database is away: then all the work is not lost. */
async function completed(outcome: Outcome, write: () => Promise<boolean>): Promise<Outcome> {
  for (let attempt = 1; ; attempt++) {
    try {
      return (await write()) ? outcome : 'lost';
    } catch (error) {
      if (!(error instanceof HttpError) || attempt === COMPLETION_ATTEMPTS) return 'lost';
      await sleep(1000);
    }
  }
}
