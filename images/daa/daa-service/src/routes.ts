import { TOKEN_HEADER, tokenIn } from '@daa/database';
import { type FastifyInstance, HttpError } from '@imbricate/chassis';
import type { Agents } from './agents.js';
import type { Asking } from './asking.js';
import type { Memory } from './memory.js';
import type { PatternFinder } from './neighbours.js';

/** PostgreSQL's text cannot hold a NUL. */
const words = { type: 'string', minLength: 1, allOf: [{ pattern: '\\S' }, { not: { pattern: '\\u0000' } }] };
const uuid = { type: 'string', format: 'uuid' };
const body = (properties: Record<string, unknown>, required: string[]): { body: unknown } => {
  return { body: { type: 'object', additionalProperties: false, required, properties } };
};
const one = { params: { type: 'object', properties: { id: uuid } } };
const limit = { type: 'integer', minimum: 1, maximum: 100, default: 20 };
const list = { querystring: { type: 'object', properties: { limit } } };

interface One {
  Params: { id: string };
}
interface List {
  Querystring: { limit: number };
}
interface Ask {
  Body: { question: string; agentId?: string };
}
interface Judge extends One {
  Body: { helpful: boolean };
}

const LOOK = ['/questions', '/patterns', '/agents', '/health/ready'];

export interface Parts {
  readonly asking: Asking;
  readonly memory: Memory;
  readonly agents: Agents;
  readonly patterns: PatternFinder;
}

export function routes(app: FastifyInstance, { asking, memory, agents, patterns }: Parts): void {
  app.get('/', (_, reply) => {
    return reply.send({ service: 'daa-service', ask: 'POST /questions', teach: 'POST /knowledge', look: LOOK });
  });
  questions(app, asking, memory);
  registry(app, agents);
  // What an entry must be, the knowledge service says.
  app.post('/knowledge', { schema: { body: { type: 'object' } } }, async (request, reply) => {
    const { entry, learned, token } = await asking.teach(request.body, request.log);
    if (token !== undefined) reply.header(TOKEN_HEADER, token);
    return reply.code(201).send({ entry, learned });
  });
  app.get<List>('/patterns', { schema: list }, async (request) => patterns.strongest(request.query.limit));
}

function questions(app: FastifyInstance, asking: Asking, memory: Memory): void {
  const asked = body({ question: { ...words, maxLength: 500 }, agentId: uuid }, ['question']);
  app.post<Ask>('/questions', { schema: asked }, async (request, reply) => {
    const { question, agentId } = request.body;
    const { saved, cached, learned, token } = await asking.ask(question, agentId, request.log);
    return reply.code(201).header(TOKEN_HEADER, token).send({ ...saved, cached, learned });
  });
  app.get<List>('/questions', { schema: list }, async (request) => {
    return { questions: await memory.latest(request.query.limit, tokenIn(request.headers)) };
  });
  app.get<One>('/questions/:id', { schema: one }, async (request) => {
    return there(await memory.find(request.params.id, tokenIn(request.headers)), 'question');
  });
  const judged = { ...one, ...body({ helpful: { type: 'boolean' } }, ['helpful']) };
  app.post<Judge>('/questions/:id/feedback', { schema: judged }, async (request, reply) => {
    if (await asking.judge(request.params.id, request.body.helpful)) return reply.code(204).send();
    throw new HttpError(409, 'there is no such question, or it has been judged before');
  });
}

function registry(app: FastifyInstance, agents: Agents): void {
  const named = body({ name: { ...words, maxLength: 100 } }, ['name']);
  app.post<{ Body: { name: string } }>('/agents', { schema: named }, async (request, reply) => {
    const { agent, token } = await agents.register(request.body.name);
    return reply.code(201).header(TOKEN_HEADER, token).send(agent);
  });
  app.post<One>('/agents/:id/heartbeat', { schema: one }, async (request, reply) => {
    if (await agents.isSeen(request.params.id)) return reply.code(204).send();
    throw new HttpError(404, 'there is no such agent');
  });
  app.get<List>('/agents', { schema: list }, async (request) => {
    return { agents: await agents.list(request.query.limit, tokenIn(request.headers)) };
  });
}

function there<Found>(found: Found | undefined, what: string): Found {
  if (found === undefined) throw new HttpError(404, `there is no such ${what}`);
  return found;
}
