import { TOKEN_HEADER, tokenIn, type Written } from '@daa/database';
import { type FastifyInstance, type FastifyReply, HttpError } from '@imbricate/chassis';
import type { Entries, Entry, Match, NewEntry } from './entries.js';

/** PostgreSQL's text cannot hold a NUL. */
const words = { type: 'string', minLength: 1, allOf: [{ pattern: '\\S' }, { not: { pattern: '\\u0000' } }] };
const topic = { type: 'string', pattern: '^[a-z0-9]+(-[a-z0-9]+)*$', maxLength: 50 };
const newEntry = {
  type: 'object',
  required: ['title', 'body'],
  additionalProperties: false,
  properties: {
    title: { ...words, maxLength: 200 },
    body: { ...words, maxLength: 20_000 },
    topics: { type: 'array', items: topic, maxItems: 20, uniqueItems: true, default: [] },
  },
};
const one = { type: 'object', properties: { id: { type: 'string', format: 'uuid' } } };
const limit = { type: 'integer', minimum: 1, maximum: 100, default: 20 };
const list = { type: 'object', properties: { topic, limit } };
const search = {
  type: 'object',
  required: ['q'],
  properties: {
    q: { ...words, maxLength: 500 },
    match: { type: 'string', enum: ['all', 'any'], default: 'all' },
    topic,
    limit,
  },
};

interface One {
  Params: { id: string };
}
interface List {
  Querystring: { topic?: string; limit: number };
}
interface Search {
  Querystring: { q: string; match: Match; topic?: string; limit: number };
}

export function routes(app: FastifyInstance, entries: Entries): void {
  app.post<{ Body: NewEntry }>('/entries', { schema: { body: newEntry } }, async (request, reply) => {
    return reply.code(201).send(written(reply, await entries.add(request.body)));
  });
  app.put<One & { Body: NewEntry }>('/entries/:id', { schema: { params: one, body: newEntry } }, async (request, reply) => {
    return written(reply, await entries.change(request.params.id, request.body));
  });
  app.delete<One>('/entries/:id', { schema: { params: one } }, async (request, reply) => {
    written(reply, await entries.remove(request.params.id));
    return reply.code(204).send();
  });
  app.get<One>('/entries/:id', { schema: { params: one } }, async (request) => {
    return there(await entries.find(request.params.id, tokenIn(request.headers)));
  });
  app.get<List>('/entries', { schema: { querystring: list } }, async (request) => {
    const { query } = request;
    return { entries: await entries.newest(query.topic, query.limit, tokenIn(request.headers)) };
  });
  app.get<Search>('/search', { schema: { querystring: search } }, async (request) => {
    const { q, match, topic: within, limit: most } = request.query;
    return { query: q, hits: await entries.search(q, match, within, most, tokenIn(request.headers)) };
  });
}

function written<Row extends Entry | { id: string }>(reply: FastifyReply, { rows, token }: Written<Row>): Row {
  reply.header(TOKEN_HEADER, token);
  return there(rows[0]);
}

function there<Found>(entry: Found | undefined): Found {
  if (entry === undefined) throw new HttpError(404, 'there is no such entry');
  return entry;
}
