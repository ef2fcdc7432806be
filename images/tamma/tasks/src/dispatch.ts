/** What the orchestrator does with tasks: hands out what is pending, and gets back what was lost. */

import type { Postgres, Queries } from '@imbricate/chassis/postgres';
import type { Queue } from './queue.js';
import { STATUSES, type Status } from './task.js';

/** So many tasks wait in Redis; the rest waits in PostgreSQL. */
const WINDOW = 1000;
const BATCH = 100;
/** A message that was sent so long ago is looked for. */
const LOST_SECONDS = 10;
const WORKER_GONE_SECONDS = 60;

/** Sends pending tasks to the workers, oldest first; gives how many. Several orchestrators share the work. */
export async function dispatch(database: Postgres, queue: Queue): Promise<number> {
  const room = Math.min(BATCH, WINDOW - (await queue.length()));
  if (room <= 0) return 0;
  return database.transaction(async (queries) => {
    const pending = await queries.query<{ id: string }>(
      "SELECT id FROM tasks WHERE status = 'pending' ORDER BY number LIMIT $1 FOR UPDATE SKIP LOCKED",
      [room],
    );
    if (pending.length === 0) return 0;
    const ids = pending.map((task) => task.id);
    const entries = await queue.send(ids);
    await queries.query(
      `UPDATE tasks SET status = 'queued', queued_at = now(), entry = sent.entry
       FROM unnest($1::uuid[], $2::text[]) AS sent (id, entry) WHERE tasks.id = sent.id`,
      [ids, entries],
    );
    return ids.length;
  });
}

export interface Expired extends Record<string, unknown> {
  readonly id: string;
  readonly status: 'pending' | 'failed';
}

/** Takes tasks from workers whose lease ran out; one that has had all its attempts has failed. */
export async function expire(database: Queries): Promise<Expired[]> {
  return database.query<Expired>(
    `UPDATE tasks SET lease_until = NULL,
       status = CASE WHEN attempts < max_attempts THEN 'pending' ELSE 'failed' END,
       finished_at = CASE WHEN attempts < max_attempts THEN NULL ELSE now() END,
       error = format('worker %s was lost in attempt %s', worker, attempts)
     WHERE status = 'running' AND lease_until < now() RETURNING id, status`,
  );
}

/** Makes those tasks pending again whose message is not in Redis any more, or was read by a worker that died then. */
export async function recover(database: Queries, queue: Queue): Promise<number> {
  const unread = await queue.takeAbandoned(LOST_SECONDS);
  const waiting = await database.query<{ entry: string }>(
    `SELECT entry FROM tasks WHERE status = 'queued' AND queued_at < now() - make_interval(secs => $1)
     ORDER BY number LIMIT $2`,
    [LOST_SECONDS, BATCH],
  );
  const entries = waiting.map((task) => task.entry);
  const lost = [...unread, ...(await queue.missing(entries))];
  if (lost.length === 0) return 0;
  const recovered = await database.query(
    "UPDATE tasks SET status = 'pending', entry = NULL WHERE status = 'queued' AND entry = ANY ($1) RETURNING id",
    [lost],
  );
  return recovered.length;
}

/** Deletes some of the tasks that were finished so long ago; gives how many. */
export async function forgetTasks(database: Queries, days: number): Promise<number> {
  const forgotten = await database.query(
    `DELETE FROM tasks WHERE id IN (
       SELECT id FROM tasks WHERE finished_at < now() - make_interval(days => $1) ORDER BY finished_at LIMIT $2
     ) RETURNING id`,
    [days, WINDOW],
  );
  return forgotten.length;
}

export async function forgetWorkers(database: Queries): Promise<void> {
  await database.query('DELETE FROM workers WHERE seen_at < now() - make_interval(secs => $1)', [WORKER_GONE_SECONDS]);
}

export type Counts = Readonly<Record<Status, number>>;

export async function counts(database: Queries): Promise<Counts> {
  const rows = await database.query<{ status: Status; tasks: number }>(
    'SELECT status, count(*)::int AS tasks FROM tasks GROUP BY status',
  );
  const found = new Map(rows.map((row) => [row.status, row.tasks]));
  return Object.fromEntries(STATUSES.map((status) => [status, found.get(status) ?? 0])) as unknown as Counts;
}

export interface WorkerState extends Record<string, unknown> {
  readonly name: string;
  readonly startedAt: Date;
  readonly seenAt: Date;
  readonly tasks: string[];
}

export async function workers(database: Queries): Promise<WorkerState[]> {
  return database.query<WorkerState>(
    `SELECT name, workers.started_at AS "startedAt", seen_at AS "seenAt",
       coalesce(array_agg(tasks.id::text) FILTER (WHERE tasks.id IS NOT NULL), '{}') AS tasks
     FROM workers LEFT JOIN tasks ON tasks.worker = workers.name AND tasks.status = 'running'
     GROUP BY name ORDER BY name`,
  );
}
