/** tamma-worker: takes tasks from the queue and does them. */

import { hostname } from 'node:os';
import { integer, port, run } from '@imbricate/chassis';
import { migratedCheck, postgres } from '@imbricate/chassis/postgres';
import { redis } from '@imbricate/chassis/redis';
import { appear, DATABASE, disappear, MIGRATIONS, REDIS, repeat } from '@tamma/tasks';
import { taskMetrics, Worker } from './worker.js';

const NAME = 'tamma-worker';
const APPEAR_SECONDS = 5;

await run({
  name: NAME,
  environment: {
    PORT: port(8081),
    METRICS_PORT: port(9090),
    CONCURRENCY: integer({ min: 1, max: 32, fallback: 4 }),
    /** How long a task may go on after SIGTERM before it is put back. */
    FINISH_SECONDS: integer({ min: 0, max: 600, fallback: 40 }),
    ...DATABASE,
    ...REDIS,
  },
  graceSeconds: 55,
  start: ({ config, log, metrics }) => {
    const name = hostname();
    const startedAt = new Date();
    const database = postgres({ url: config.DATABASE_URL, name: NAME, log });
    const connection = redis({ url: config.REDIS_URL, name: NAME, log });
    const measured = taskMetrics(metrics);
    const workers = Array.from({ length: config.CONCURRENCY }, () => {
      const reader = redis({ url: config.REDIS_URL, name: `${NAME}-reader`, log, commandSeconds: 0 });
      return new Worker({ name, database, connection, reader, log, metrics: measured });
    });
    const appearing = repeat('appear', APPEAR_SECONDS, log, async () => {
      await appear(database, name, startedAt);
      return false;
    });
    return {
      port: config.PORT,
      metricsPort: config.METRICS_PORT,
      checks: {
        postgres: database.check,
        schema: migratedCheck(database, MIGRATIONS),
        redis: connection.check,
      },
      close: [
        () => Promise.all(workers.map((worker) => worker.stop(config.FINISH_SECONDS))),
        () => appearing.stop(),
        () => disappear(database, name).catch(() => undefined),
        () => connection.close(),
        () => database.close(),
      ],
    };
  },
});
