/** tamma-orchestrator: hands tasks to workers, gets back those of dead ones, and shows how things stand. */

import { Counter, integer, port, run } from '@imbricate/chassis';
import { migratedCheck, postgres } from '@imbricate/chassis/postgres';
import { redis } from '@imbricate/chassis/redis';
import { DATABASE, MIGRATIONS, Queue, REDIS, TOKENS } from '@tamma/tasks';
import { gauge } from './gauges.js';
import { orchestrate } from './orchestration.js';
import { statusRoutes } from './status.js';

const NAME = 'tamma-orchestrator';

await run({
  name: NAME,
  environment: {
    PORT: port(3000),
    METRICS_PORT: port(9090),
    RETENTION_DAYS: integer({ min: 1, max: 3650, fallback: 30 }),
    ...DATABASE,
    ...REDIS,
    ...TOKENS,
  },
  start: ({ config, log, metrics }) => {
    const database = postgres({ url: config.DATABASE_URL, name: NAME, log });
    const connection = redis({ url: config.REDIS_URL, name: NAME, log });
    const subscriber = redis({ url: config.REDIS_URL, name: `${NAME}-subscriber`, log });
    const queue = new Queue(connection);
    const counters = {
      dispatched: new Counter({
        name: 'tamma_tasks_dispatched_total',
        help: 'Tasks sent to the workers',
        registers: [metrics],
      }),
      requeued: new Counter({
        name: 'tamma_tasks_requeued_total',
        help: 'Tasks that were sent or held and have to be sent again, by reason',
        labelNames: ['reason'],
        registers: [metrics],
      }),
    };
    gauge(database, queue, metrics);
    const retentionDays = config.RETENTION_DAYS;
    const orchestration = orchestrate({ database, queue, subscriber, log, counters, retentionDays });
    return {
      port: config.PORT,
      metricsPort: config.METRICS_PORT,
      checks: {
        postgres: database.check,
        schema: migratedCheck(database, MIGRATIONS),
        redis: connection.check,
      },
      routes: (app) => {
        statusRoutes(app, database, queue, config.JWT_SECRET);
      },
      close: [() => orchestration.stop(), () => subscriber.close(), () => connection.close(), () => database.close()],
    };
  },
});
