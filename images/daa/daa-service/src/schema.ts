import type { Migration } from '@imbricate/chassis/postgres';

/** Released steps stay as they are; what follows must leave the release before it working. */
export const MIGRATIONS: readonly Migration[] = [
  {
    id: 'daa-1-agents-and-questions',
    sql: `
      CREATE SCHEMA daa;

      CREATE TABLE daa.agents (
        id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
        name text NOT NULL UNIQUE,
        registered_at timestamptz NOT NULL DEFAULT now(),
        seen_at timestamptz NOT NULL DEFAULT now()
      );

      CREATE TABLE daa.questions (
        id uuid PRIMARY KEY,
        agent_id uuid REFERENCES daa.agents,
        question text NOT NULL,
        answer jsonb NOT NULL,
        helpful boolean,
        asked_at timestamptz NOT NULL DEFAULT now()
      );
      CREATE INDEX questions_newest ON daa.questions (asked_at DESC, id DESC);

      -- What feedback has taught: how often an entry of the knowledge service was of help.
      CREATE TABLE daa.sources (
        entry_id uuid PRIMARY KEY,
        helpful int NOT NULL DEFAULT 0,
        unhelpful int NOT NULL DEFAULT 0
      );
    `,
  },
];
