/** A task as the services and their clients know it. */

import type { Kind } from './kinds.js';

export const STATUSES = ['pending', 'queued', 'running', 'succeeded', 'failed', 'cancelled'] as const;
export type Status = (typeof STATUSES)[number];
export const OPEN: readonly Status[] = ['pending', 'queued', 'running'];

/** The columns that make a task, in the names that clients see; the order of a list is that of `number`. */
export const SUMMARY = `
  id, number::int AS number, kind, status, source, submitted_by AS "submittedBy", attempts,
  max_attempts AS "maxAttempts", worker, error, created_at AS "createdAt", started_at AS "startedAt",
  finished_at AS "finishedAt"`;
export const WHOLE = `${SUMMARY}, input, result`;

export interface Summary extends Record<string, unknown> {
  readonly id: string;
  readonly number: number;
  readonly kind: Kind;
  readonly status: Status;
  readonly source: string;
  readonly submittedBy: string;
  readonly attempts: number;
  readonly maxAttempts: number;
  readonly worker: string | null;
  readonly error: string | null;
  readonly createdAt: Date;
  readonly startedAt: Date | null;
  readonly finishedAt: Date | null;
}

export interface Task extends Summary {
  readonly input: unknown;
  readonly result: unknown;
}

export interface NewTask {
  readonly kind: Kind;
  readonly input: unknown;
  readonly source: string;
  readonly submittedBy: string;
  readonly maxAttempts: number;
  /** A second submission by the same submitter with the same key is the same task. */
  readonly idempotencyKey?: string | undefined;
}
