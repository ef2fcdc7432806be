/** /api: tasks, for whoever has a token. */

import { type FastifyInstance, type FastifyRequest, HttpError } from '@imbricate/chassis';
import type { Queries } from '@imbricate/chassis/postgres';
import { cancel, find, type Kind, KIND_NAMES, KINDS, list, type Status, STATUSES, subjectOf } from '@tamma/tasks';
import type { Intake } from './intake.js';

const PAGE = 50;
const NEW_TASK = {
  type: 'object',
  required: ['kind', 'input'],
  additionalProperties: false,
  properties: {
    kind: { enum: KIND_NAMES },
    input: { type: 'object' },
    maxAttempts: { type: 'integer', minimum: 1, maximum: 10 },
  },
};
const KEY = {
  type: 'object',
  properties: { 'idempotency-key': { type: 'string', minLength: 1, maxLength: 200, pattern: '^[\\x21-\\x7e]+$' } },
};
const ID = { type: 'object', properties: { id: { type: 'string', format: 'uuid' } } };
const FILTER = {
  type: 'object',
  additionalProperties: false,
  properties: {
    status: { enum: STATUSES },
    kind: { enum: KIND_NAMES },
    limit: { type: 'string', pattern: '^([1-9][0-9]?|1[0-9]{2}|200)$' },
    before: { type: 'string', pattern: '^[1-9][0-9]{0,8}$' },
  },
};

interface Post {
  Body: { kind: Kind; input: object; maxAttempts?: number };
  Headers: { 'idempotency-key'?: string };
}
interface List {
  Querystring: { status?: Status; kind?: Kind; limit?: string; before?: string };
}
interface One {
  Params: { id: string };
}

export function taskRoutes(app: FastifyInstance, database: Queries, intake: Intake, secret: string): void {
  const subjects = new WeakMap<FastifyRequest, string>();
  const onRequest = async (request: FastifyRequest): Promise<void> => {
    subjects.set(request, await subjectOf(request, secret));
  };

  app.get('/api', () => ({ tasks: '/api/tasks', kinds: '/api/kinds' }));
  app.get('/api/kinds', () => KINDS);

  app.post<Post>('/api/tasks', { onRequest, schema: { body: NEW_TASK, headers: KEY } }, async (request, reply) => {
    const { kind, input, maxAttempts = 3 } = request.body;
    checkInput(request, kind, input);
    const { task, isNew } = await intake.take({
      kind,
      input,
      maxAttempts,
      source: 'api',
      submittedBy: subjects.get(request) ?? '',
      idempotencyKey: request.headers['idempotency-key'],
    });
    return reply.code(isNew ? 202 : 200).header('location', `/api/tasks/${task.id}`).send(task);
  });

  app.get<List>('/api/tasks', { onRequest, schema: { querystring: FILTER } }, async ({ query }) => {
    const limit = Number(query.limit ?? PAGE);
    const before = query.before === undefined ? undefined : Number(query.before);
    const tasks = await list(database, { status: query.status, kind: query.kind, limit, before });
    return { tasks, before: tasks.length === limit ? tasks.at(-1)?.number : undefined };
  });

  app.get<One>('/api/tasks/:id', { onRequest, schema: { params: ID } }, async ({ params }) => {
    return (await find(database, params.id)) ?? Promise.reject(new HttpError(404, 'no such task'));
  });

  app.delete<One>('/api/tasks/:id', { onRequest, schema: { params: ID } }, async ({ params }) => {
    const task = await cancel(database, params.id);
    if (!task) throw new HttpError(404, 'no such task');
    if (task.status !== 'cancelled') throw new HttpError(409, `the task has ${task.status} already`);
    return task;
  });
}

function checkInput(request: FastifyRequest, kind: Kind, input: object): void {
  const validate = request.getValidationFunction(KINDS[kind].input) ?? request.compileValidationSchema(KINDS[kind].input);
  if (validate(input)) return;
  const [first] = validate.errors ?? [];
  throw new HttpError(400, `input${first?.instancePath ?? ''} ${first?.message ?? 'is not valid'}`);
}
