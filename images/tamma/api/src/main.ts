/** tamma-api: takes tasks and webhooks, gives tasks back. */

import { Counter, type Log, port, run, text } from '@imbricate/chassis';
import { migratedCheck, postgres } from '@imbricate/chassis/postgres';
import { redis } from '@imbricate/chassis/redis';
import { DATABASE, MIGRATIONS, Queue, REDIS, TOKENS } from '@tamma/tasks';
import { Intake } from './intake.js';
import { taskRoutes } from './routes.js';
import { webhookRoutes } from './webhooks.js';

const NAME = 'tamma-api';

await run({
  name: NAME,
  environment: {
    PORT: port(8080),
    ...DATABASE,
    ...REDIS,
    ...TOKENS,
    WEBHOOK_SECRET: text({ minLength: 16, secret: true }),
  },
  start: ({ config, log, metrics }) => {
    const database = postgres({ url: config.DATABASE_URL, name: NAME, log });
    const connection = redis({ url: config.REDIS_URL, name: NAME, log });
    const submitted = new Counter({
      name: 'tamma_tasks_submitted_total',
      help: 'Tasks taken, by kind and by where they came from',
      labelNames: ['kind', 'source'],
      registers: [metrics],
    });
    const intake = new Intake(database, waker(new Queue(connection), log), submitted);
    return {
      port: config.PORT,
      checks: {
        postgres: database.check,
        schema: migratedCheck(database, MIGRATIONS),
        redis: connection.check,
      },
      fastify: { bodyLimit: 512 * 1024, ajv: { customOptions: { coerceTypes: false, removeAdditional: false } } },
      routes: (app) => {
        taskRoutes(app, database, intake, config.JWT_SECRET);
        webhookRoutes(app, intake, config.WEBHOOK_SECRET);
      },
      close: [() => connection.close(), () => database.close()],
    };
  },
});

/** The orchestrator looks for tasks by itself too: without Redis they start a little later. */
function waker(queue: Queue, log: Log): () => void {
  return () => {
    queue.wake().catch((error: unknown) => {
      log.warn({ reason: (error as Error).message }, 'the orchestrator was not woken');
    });
  };
}
