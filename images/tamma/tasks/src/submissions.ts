/** What the api does with tasks: PostgreSQL has the truth. */

import { HttpError } from '@imbricate/chassis';
import type { Queries } from '@imbricate/chassis/postgres';
import { type NewTask, OPEN, type Status, type Summary, SUMMARY, type Task, WHOLE } from './task.js';

export interface Submission {
  readonly task: Task;
  /** Whether it is there since now, rather than since an earlier submission with the same key. */
  readonly isNew: boolean;
}

/** Keeps a task; refuses a key that was used for another task. */
export async function submit(database: Queries, task: NewTask): Promise<Submission> {
  const input = written(task.input);
  const values = [task.kind, input, task.source, task.submittedBy, task.idempotencyKey ?? null, task.maxAttempts];
  const insert = database.query<Task>(
    `INSERT INTO tasks (kind, input, source, submitted_by, idempotency_key, max_attempts)
     VALUES ($1, $2, $3, $4, $5, $6)
     ON CONFLICT (submitted_by, idempotency_key) DO NOTHING
     RETURNING ${WHOLE}`,
    values,
  );
  const [created] = await insert.catch(refuse);
  if (created) return { task: created, isNew: true };
  const [same] = await database.query<Task>(
    `SELECT ${WHOLE} FROM tasks
     WHERE submitted_by = $1 AND idempotency_key = $2 AND kind = $3 AND input = $4::jsonb`,
    [task.submittedBy, task.idempotencyKey, task.kind, input],
  );
  if (!same) throw new HttpError(409, 'the idempotency key was used for another task');
  return { task: same, isNew: false };
}

function written(input: unknown): string {
  try {
    return JSON.stringify(input);
  } catch {
    throw new HttpError(400, 'input is nested too deeply');
  }
}

/** What JSON allows and jsonb does not: NUL, halves of surrogate pairs, nesting without end. */
function refuse(error: unknown): never {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === '22P05' || code === '22P02') throw new HttpError(400, 'input has characters that cannot be kept');
  if (code === '54001') throw new HttpError(400, 'input is nested too deeply');
  throw error;
}

export async function find(database: Queries, id: string): Promise<Task | undefined> {
  const [task] = await database.query<Task>(`SELECT ${WHOLE} FROM tasks WHERE id = $1`, [id]);
  return task;
}

export interface Filter {
  readonly status?: Status | undefined;
  readonly kind?: string | undefined;
  /** Only tasks with a smaller number: the next page. */
  readonly before?: number | undefined;
  readonly limit: number;
}

/** Gives tasks without input and result, newest first. */
export async function list(database: Queries, filter: Filter): Promise<Summary[]> {
  return database.query<Summary>(
    `SELECT ${SUMMARY} FROM tasks
     WHERE ($1::text IS NULL OR status = $1) AND ($2::text IS NULL OR kind = $2) AND ($3::bigint IS NULL OR number < $3)
     ORDER BY tasks.number DESC LIMIT $4`,
    [filter.status ?? null, filter.kind ?? null, filter.before ?? null, filter.limit],
  );
}

/** Cancels a task that is not finished, and gives it as it is then. */
export async function cancel(database: Queries, id: string): Promise<Task | undefined> {
  const [cancelled] = await database.query<Task>(
    `UPDATE tasks SET status = 'cancelled', finished_at = now(), lease_until = NULL
     WHERE id = $1 AND status = ANY ($2) RETURNING ${WHOLE}`,
    [id, OPEN],
  );
  return cancelled ?? find(database, id);
}

/** Whether as many tasks are open as the system takes at one time. */
export async function isFull(database: Queries, limit: number): Promise<boolean> {
  const rows = await database.query('SELECT 1 FROM tasks WHERE status = ANY ($1) OFFSET $2 LIMIT 1', [OPEN, limit - 1]);
  return rows.length > 0;
}
