/** The two services that daa-service asks, as it sees them. */

import { TOKEN_HEADER } from '@daa/database';
import { type Reply, type Upstream, UpstreamError } from '@daa/mesh';
import { HttpError } from '@imbricate/chassis';
import type { Hit, Related } from './answer.js';

const MOST_HITS = 10;
const MOST_RELATED = 10;
const MOST_OBSERVED = 30;

export interface Taught {
  readonly entry: unknown;
  /** Of the write, for reads that have to see it. */
  readonly token: string | undefined;
}

export class Knowledge {
  private readonly upstream: Upstream;

  constructor(upstream: Upstream) {
    this.upstream = upstream;
  }

  async search(question: string, token: string | undefined): Promise<readonly Hit[]> {
    const query = { q: question, match: 'any', limit: MOST_HITS };
    const headers = token === undefined ? {} : { [TOKEN_HEADER]: token };
    const reply = await this.upstream.call({ method: 'GET', path: '/search', query, headers });
    return listIn(reply, 'hits', isHit, this.upstream.name);
  }

  /** Passes an entry on as it is; what is wrong with it, the knowledge service says. */
  async teach(entry: unknown): Promise<Taught> {
    const reply = await this.upstream.call({ method: 'POST', path: '/entries', body: entry });
    if (reply.status !== 201) throw new HttpError(reply.status, errorIn(reply));
    return { entry: reply.body, token: reply.headers.get(TOKEN_HEADER) ?? undefined };
  }
}

export class PatternFinder {
  readonly name: string;
  private readonly upstream: Upstream;

  constructor(upstream: Upstream) {
    this.upstream = upstream;
    this.name = upstream.name;
  }

  async related(items: readonly string[]): Promise<readonly Related[]> {
    if (items.length === 0) return [];
    const query = { item: items, limit: MOST_RELATED };
    const reply = await this.upstream.call({ method: 'GET', path: '/related', query });
    return listIn(reply, 'related', isRelated, this.name);
  }

  async strongest(limit: number): Promise<unknown> {
    const reply = await this.upstream.call({ method: 'GET', path: '/patterns', query: { limit } });
    if (reply.status !== 200) throw new UpstreamError(this.name, `answered ${reply.status}`, reply.status);
    return reply.body;
  }

  /** May be sent more than once: the other side counts an id only once. False if there is nothing to be seen together. */
  async observe(id: string, items: readonly string[]): Promise<boolean> {
    const different = [...new Set(items)].slice(0, MOST_OBSERVED);
    if (different.length < 2) return false;
    const body = { id, items: different };
    const reply = await this.upstream.call({ method: 'POST', path: '/observations', body, repeatable: true });
    if (reply.status >= 400) throw new UpstreamError(this.name, errorIn(reply), reply.status);
    return true;
  }
}

function listIn<Item>(
  reply: Reply,
  field: string,
  isItem: (item: unknown) => item is Item,
  upstream: string,
): readonly Item[] {
  const list: unknown = reply.status === 200 ? fieldOf(reply.body, field) : undefined;
  if (Array.isArray(list) && list.every(isItem)) return list;
  throw new UpstreamError(upstream, `answered ${reply.status} without the ${field} that were asked for`, reply.status);
}

function isHit(item: unknown): item is Hit {
  const topics = fieldOf(item, 'topics');
  const texts = ['id', 'title', 'excerpt'].every((name) => typeof fieldOf(item, name) === 'string');
  return texts && Array.isArray(topics) && typeof fieldOf(item, 'score') === 'number';
}

function isRelated(item: unknown): item is Related {
  return typeof fieldOf(item, 'item') === 'string' && typeof fieldOf(item, 'score') === 'number';
}

function errorIn(reply: Reply): string {
  const error = fieldOf(reply.body, 'error');
  return typeof error === 'string' ? error : `answered ${reply.status}`;
}

function fieldOf(body: unknown, field: string): unknown {
  return typeof body === 'object' && body !== null ? (body as Record<string, unknown>)[field] : undefined;
}
