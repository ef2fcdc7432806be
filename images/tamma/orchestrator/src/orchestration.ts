/**
 * The orchestrator's loops. Nothing is kept in memory, and every step may be done by several orchestrators at once: one
 * that ends, however it ends, leaves nothing to clean up.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import type { Counter, Log } from '@imbricate/chassis';
import { migrate, type Postgres } from '@imbricate/chassis/postgres';
import type { Redis } from '@imbricate/chassis/redis';
import {
  dispatch,
  expire,
  forgetTasks,
  forgetWorkers,
  type Loop,
  MIGRATION_LOCK,
  MIGRATIONS,
  Queue,
  recover,
  repeat,
} from '@tamma/tasks';

const DISPATCH_SECONDS = 1;
const SWEEP_SECONDS = 2;

export interface Orchestration {
  readonly database: Postgres;
  readonly queue: Queue;
  /** A connection for waking calls alone. */
  readonly subscriber: Redis;
  readonly log: Log;
  /** How long finished tasks are kept. */
  readonly retentionDays: number;
  readonly counters: { readonly dispatched: Counter; readonly requeued: Counter };
}

/** Migrates as soon as the database answers, then dispatches and sweeps until stopped. */
export function orchestrate(parts: Orchestration): { stop(): Promise<void> } {
  const loops: Loop[] = [];
  const stopping = new AbortController();
  const started = (async () => {
    await migrated(parts, stopping.signal);
    if (stopping.signal.aborted) return;
    const dispatching = repeat('dispatch', DISPATCH_SECONDS, parts.log, () => dispatchSome(parts));
    loops.push(dispatching, repeat('sweep', SWEEP_SECONDS, parts.log, () => sweep(parts)));
    await new Queue(parts.subscriber).onWake(() => {
      dispatching.wake();
    });
  })();
  started.catch((error: unknown) => {
    parts.log.warn({ reason: (error as Error).message }, 'not woken by the api, looking by itself');
  });
  return {
    stop: async () => {
      stopping.abort();
      await Promise.all(loops.map((loop) => loop.stop()));
    },
  };
}

async function migrated({ database, log }: Orchestration, stopping: AbortSignal): Promise<void> {
  while (!stopping.aborted) {
    try {
      const applied = await migrate(database, MIGRATION_LOCK, MIGRATIONS);
      log.info({ applied }, 'the schema is there');
      return;
    } catch (error) {
      log.warn({ reason: (error as Error).message }, 'cannot migrate yet');
      await sleep(1000, undefined, { signal: stopping }).catch(() => undefined);
    }
  }
}

/** Goes on at once while there is more. */
async function dispatchSome({ database, queue, log, counters }: Orchestration): Promise<boolean> {
  const sent = await dispatch(database, queue);
  if (sent > 0) log.debug({ tasks: sent }, 'dispatched');
  counters.dispatched.inc(sent);
  return sent > 0;
}

async function sweep({ database, queue, log, counters, retentionDays }: Orchestration): Promise<undefined> {
  const expired = await expire(database);
  for (const task of expired) log.warn({ task: task.id, status: task.status }, 'its worker is gone');
  counters.requeued.inc({ reason: 'worker_lost' }, expired.filter((task) => task.status === 'pending').length);
  await forgetWorkers(database);
  await forgetTasks(database, retentionDays);
  counters.requeued.inc({ reason: 'message_lost' }, await recover(database, queue));
  await queue.forgetConsumers();
}
