/** The database, in the order in which it came to be. The orchestrator applies this; the others wait for it. */

import type { Migration } from '@imbricate/chassis/postgres';

/** Any number that no other program takes in the same database. */
export const MIGRATION_LOCK = 7_265_162;

export const MIGRATIONS: readonly Migration[] = [
  {
    id: '0001-tasks',
    sql: `
      CREATE TABLE tasks (
        id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
        number bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
        kind text NOT NULL,
        input jsonb NOT NULL,
        source text NOT NULL,
        submitted_by text NOT NULL,
        idempotency_key text,
        status text NOT NULL DEFAULT 'pending'
          CHECK (status IN ('pending', 'queued', 'running', 'succeeded', 'failed', 'cancelled')),
        attempts int NOT NULL DEFAULT 0,
        max_attempts int NOT NULL CHECK (max_attempts > 0),
        entry text,
        worker text,
        result jsonb,
        error text,
        created_at timestamptz NOT NULL DEFAULT now(),
        queued_at timestamptz,
        started_at timestamptz,
        lease_until timestamptz,
        finished_at timestamptz,
        UNIQUE (submitted_by, idempotency_key)
      );
      CREATE INDEX tasks_by_status ON tasks (status, number);
      CREATE INDEX tasks_finished ON tasks (finished_at) WHERE finished_at IS NOT NULL;
      CREATE TABLE workers (
        name text PRIMARY KEY,
        started_at timestamptz NOT NULL,
        seen_at timestamptz NOT NULL
      );
    `,
  },
];
