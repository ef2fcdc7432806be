'use client';

import { type FormEvent, useEffect, useRef, useState } from 'react';
import type { Api } from '../browser/api.ts';

interface Line {
  readonly id: string;
  readonly role: 'user' | 'assistant';
  readonly text: string;
}

interface Properties {
  readonly api: Api;
  /** Called when the chat has changed the tasks. */
  readonly changed: () => void;
  readonly explain: (error: unknown) => string;
}

export function Chat({ api, changed, explain }: Properties) {
  const [conversation, setConversation] = useState<string>();
  const [lines, setLines] = useState<readonly Line[]>([]);
  const [isBusy, setIsBusy] = useState(false);
  const [problem, setProblem] = useState('');
  const message = useRef<HTMLInputElement>(null);
  const end = useRef<HTMLLIElement>(null);

  useEffect(() => {
    const load = async () => {
      const last = await api.lastConversation();
      if (!last) return;
      setConversation(last.id);
      setLines(last.messages.map(({ id, role, text }) => ({ id: String(id), role, text })));
    };
    load().catch((error: unknown) => setProblem(explain(error)));
  }, [api, explain]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new line is the reason to scroll
  useEffect(() => {
    end.current?.scrollIntoView({ block: 'nearest' });
  }, [lines]);

  const append = (role: Line['role'], text: string) => {
    setLines((before) => [...before, { id: crypto.randomUUID?.() ?? `${Date.now()} ${role}`, role, text }]);
  };

  const send = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    const text = String(new FormData(form).get('message')).trim();
    if (!text || isBusy) return;
    setIsBusy(true);
    setProblem('');
    append('user', text);
    form.reset();
    try {
      const reply = await api.say(text, conversation);
      setConversation(reply.conversation_id);
      append('assistant', reply.reply);
      if (reply.changed) changed();
    } catch (error) {
      setProblem(explain(error));
    } finally {
      setIsBusy(false);
      message.current?.focus();
    }
  };

  return (
    <section aria-labelledby="chat-heading">
      <h2 id="chat-heading">Chat</h2>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <div className="log" role="log" aria-labelledby="chat-heading" aria-busy={isBusy} tabIndex={0}>
        {lines.length === 0 && <p className="hint">Try “add a task to buy milk” or “show my tasks”.</p>}
        <ol>
          {lines.map((line) => (
            <li key={line.id} className={line.role}>
              <span className="unseen">{line.role === 'user' ? 'You: ' : 'Assistant: '}</span>
              {line.text}
            </li>
          ))}
          <li ref={end} aria-hidden="true" className="end" />
        </ol>
      </div>
      <p role="alert" className="problem">
        {problem}
      </p>
      <form onSubmit={send} className="line">
        <label htmlFor="message" className="unseen">
          Message
        </label>
        <input
          id="message"
          name="message"
          ref={message}
          placeholder="Say what to do"
          required
          maxLength={1000}
          autoComplete="off"
        />
        <button type="submit" aria-disabled={isBusy}>
          Send
        </button>
      </form>
    </section>
  );
}
