/**
 * What a worker does with tasks. It holds a task by a lease that it renews; the number of the attempt tells its writes
 * from those of a worker that was given the task later, so that each task is completed once.
 */

import type { Queries } from '@imbricate/chassis/postgres';
import { type Task, WHOLE } from './task.js';

/** A worker that has not renewed its lease for so long is dead. */
export const LEASE_SECONDS = 15;

export interface Lease {
  readonly id: string;
  readonly attempt: number;
}

/**
 * Takes a task that no one has; gives nothing for one that is taken, done or cancelled. A pending one may be taken too: its
 * message was sent, but the orchestrator ended before it could note that.
 */
export async function claim(database: Queries, id: string, worker: string): Promise<Task | undefined> {
  const [task] = await database.query<Task>(
    `UPDATE tasks SET status = 'running', worker = $2, attempts = attempts + 1, started_at = now(), error = NULL,
       lease_until = now() + make_interval(secs => $3)
     WHERE id = $1 AND status IN ('pending', 'queued') RETURNING ${WHOLE}`,
    [id, worker, LEASE_SECONDS],
  );
  return task;
}

/** Holds on to a task; false if it is someone else's by now, or cancelled. */
export async function renew(database: Queries, lease: Lease): Promise<boolean> {
  return changed(database, 'lease_until = now() + make_interval(secs => $3)', lease, [LEASE_SECONDS]);
}

/** Completes a task; false if it is no longer ours to complete. */
export async function succeed(database: Queries, lease: Lease, result: unknown): Promise<boolean> {
  const set = "status = 'succeeded', result = $3, finished_at = now(), lease_until = NULL";
  return changed(database, set, lease, [JSON.stringify(result)]);
}

export async function fail(database: Queries, lease: Lease, error: string): Promise<boolean> {
  const set = "status = 'failed', error = $3, finished_at = now(), lease_until = NULL";
  return changed(database, set, lease, [error]);
}

/** Puts a task back without counting the attempt: the worker has to stop. */
export async function putBack(database: Queries, lease: Lease): Promise<boolean> {
  const set = "status = 'pending', attempts = attempts - $3, worker = NULL, lease_until = NULL";
  return changed(database, set, lease, [1]);
}

async function changed(database: Queries, set: string, lease: Lease, values: readonly unknown[]): Promise<boolean> {
  const sql = `UPDATE tasks SET ${set} WHERE id = $1 AND attempts = $2 AND status = 'running' RETURNING id`;
  return (await database.query(sql, [lease.id, lease.attempt, ...values])).length > 0;
}

/** Says that a worker lives. */
export async function appear(database: Queries, worker: string, startedAt: Date): Promise<void> {
  await database.query(
    `INSERT INTO workers (name, started_at, seen_at) VALUES ($1, $2, now())
     ON CONFLICT (name) DO UPDATE SET started_at = $2, seen_at = now()`,
    [worker, startedAt],
  );
}

export async function disappear(database: Queries, worker: string): Promise<void> {
  await database.query('DELETE FROM workers WHERE name = $1', [worker]);
}
