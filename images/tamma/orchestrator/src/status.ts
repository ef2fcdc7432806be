/** `/`: how things stand, for people and programs; names of workers and tasks only for those with a token. */

import type { FastifyInstance } from '@imbricate/chassis';
import type { Queries } from '@imbricate/chassis/postgres';
import { counts, type Queue, subjectOf, workers } from '@tamma/tasks';
import { page, type Standing } from './page.js';

export function statusRoutes(app: FastifyInstance, database: Queries, queue: Queue, secret: string): void {
  const standing = async (): Promise<Standing> => {
    const [tasks, alive, length] = await Promise.all([counts(database), workers(database), queue.length()]);
    return { tasks, workers: alive.length, queue: length };
  };
  app.get('/', async ({ headers }, reply) => {
    const now = await standing();
    if (!headers.accept?.includes('text/html')) return reply.send(now);
    return reply
      .type('text/html; charset=utf-8')
      .header('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'")
      .header('x-content-type-options', 'nosniff')
      .send(page(now));
  });
  app.get('/status', standing);
  app.get('/workers', async (request) => {
    await subjectOf(request, secret);
    return { workers: await workers(database) };
  });
}
