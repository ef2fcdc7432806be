import type { FastifyInstance } from '@imbricate/chassis';
import type { Patterns } from './patterns.js';

const item = { type: 'string', pattern: '^[a-z0-9]+(-[a-z0-9]+)*$', maxLength: 50 };
const limit = { type: 'integer', minimum: 1, maximum: 100, default: 20 };
const observation = {
  type: 'object',
  required: ['id', 'items'],
  additionalProperties: false,
  properties: {
    id: { type: 'string', pattern: '^[\\w-]{1,64}$' },
    items: { type: 'array', items: item, minItems: 2, maxItems: 30, uniqueItems: true },
  },
};
const list = { type: 'object', properties: { limit } };
const related = {
  type: 'object',
  required: ['item'],
  properties: { item: { type: 'array', items: item, minItems: 1, maxItems: 20, uniqueItems: true }, limit },
};

interface Observe {
  Body: { id: string; items: string[] };
}
interface List {
  Querystring: { limit: number };
}
interface Relate {
  Querystring: { item: string[]; limit: number };
}

export function routes(app: FastifyInstance, patterns: Patterns): void {
  app.post<Observe>('/observations', { schema: { body: observation } }, async (request, reply) => {
    const { id, items } = request.body;
    const recorded = await patterns.observe(id, items);
    return reply.code(recorded ? 201 : 200).send({ id, recorded });
  });
  app.get<List>('/items', { schema: { querystring: list } }, async (request) => {
    return { items: await patterns.mostFrequent(request.query.limit) };
  });
  app.get<List>('/patterns', { schema: { querystring: list } }, async (request) => {
    return patterns.strongest(request.query.limit);
  });
  app.get<Relate>('/related', { schema: { querystring: related } }, async (request) => {
    const { item: items, limit: most } = request.query;
    return { items, related: await patterns.related(items, most) };
  });
}
