/** The api as the page uses it. */

export interface Task {
  readonly id: string;
  readonly title: string;
  readonly done: boolean;
}

export interface Message {
  readonly id: number;
  readonly role: 'user' | 'assistant';
  readonly text: string;
}

export interface Reply {
  readonly conversation_id: string;
  readonly reply: string;
  readonly mode: 'demo' | 'cohere';
  readonly changed: boolean;
}

export interface Credentials {
  readonly email: string;
  readonly password: string;
}

/** What went wrong, in words for the person at the screen. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

const SECONDS = 15;
const SECONDS_FOR_A_REPLY = 60;

export class Api {
  readonly #base: string;
  readonly #token: string;

  constructor(base: string, token = '') {
    this.#base = base;
    this.#token = token;
  }

  as(token: string): Api {
    return new Api(this.#base, token);
  }

  async signUp(credentials: Credentials): Promise<string> {
    return (await this.#send<{ access_token: string }>('POST', '/auth/signup', credentials)).access_token;
  }

  async logIn(credentials: Credentials): Promise<string> {
    return (await this.#send<{ access_token: string }>('POST', '/auth/login', credentials)).access_token;
  }

  async account(): Promise<string> {
    return (await this.#send<{ email: string }>('GET', '/auth/me')).email;
  }

  tasks(): Promise<Task[]> {
    return this.#send('GET', '/tasks');
  }

  addTask(title: string): Promise<Task> {
    return this.#send('POST', '/tasks', { title });
  }

  setDone(task: string, done: boolean): Promise<Task> {
    return this.#send('PATCH', `/tasks/${task}`, { done });
  }

  deleteTask(task: string): Promise<void> {
    return this.#send('DELETE', `/tasks/${task}`);
  }

  say(message: string, conversation: string | undefined): Promise<Reply> {
    const body = { message, ...(conversation && { conversation_id: conversation }) };
    return this.#send('POST', '/chat', body, SECONDS_FOR_A_REPLY);
  }

  /** Gives the latest conversation with its messages, if there was one. */
  async lastConversation(): Promise<{ id: string; messages: Message[] } | undefined> {
    const [latest] = await this.#send<{ id: string }[]>('GET', '/conversations');
    if (!latest) return undefined;
    return { id: latest.id, messages: await this.#send('GET', `/conversations/${latest.id}/messages`) };
  }

  async #send<T>(method: string, path: string, body?: object, seconds = SECONDS): Promise<T> {
    const answer = await this.#fetch(method, path, body, seconds);
    if (answer.status === 204) return undefined as T;
    const content: unknown = await answer.json().catch(() => undefined);
    if (!answer.ok) throw new ApiError(answer.status, reason(content));
    return content as T;
  }

  async #fetch(method: string, path: string, body: object | undefined, seconds: number): Promise<Response> {
    try {
      return await fetch(`${this.#base}${path}`, {
        method,
        headers: {
          ...(body && { 'content-type': 'application/json' }),
          ...(this.#token && { authorization: `Bearer ${this.#token}` }),
        },
        signal: AbortSignal.timeout(seconds * 1000),
        ...(body && { body: JSON.stringify(body) }),
      });
    } catch (error) {
      const isLate = (error as Error).name === 'TimeoutError';
      throw new ApiError(0, isLate ? 'That took too long. Please try again.' : 'The server cannot be reached.');
    }
  }
}

function reason(content: unknown): string {
  const found = typeof content === 'object' && content && 'error' in content ? content.error : undefined;
  if (typeof found !== 'string' || found === '') return 'Something went wrong. Please try again.';
  return `${found[0]?.toUpperCase()}${found.slice(1)}.`;
}

/**
 * Gives the base of the api for a page that was opened at `origin`: the one that is configured, unless the page was
 * opened elsewhere (by a forwarded port, say) and the configured one does not answer from there.
 */
export async function reachableApi(configured: string, origin: string): Promise<string> {
  if (new URL(configured).origin === origin) return configured;
  try {
    const answer = await fetch(`${configured}/health`, { signal: AbortSignal.timeout(3000) });
    if (answer.ok) return configured;
  } catch {
    // not from here
  }
  return `${origin}/api/v1`;
}
