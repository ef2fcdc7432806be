import type { Migration } from '@imbricate/chassis/postgres';

/** Released steps stay as they are; what follows must leave the release before it working. */
export const MIGRATIONS: readonly Migration[] = [
  {
    id: 'knowledge-1-entries',
    sql: `
      CREATE SCHEMA knowledge;

      -- Immutable, as an index needs it; of text, the conversion is.
      CREATE FUNCTION knowledge.document(title text, topics text[], body text) RETURNS tsvector
        LANGUAGE sql IMMUTABLE PARALLEL SAFE
        RETURN setweight(to_tsvector('pg_catalog.english', title), 'A')
          || setweight(to_tsvector('pg_catalog.english', array_to_string(topics, ' ')), 'B')
          || setweight(to_tsvector('pg_catalog.english', body), 'D');

      CREATE TABLE knowledge.entries (
        id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
        title text NOT NULL,
        body text NOT NULL,
        topics text[] NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        document tsvector NOT NULL GENERATED ALWAYS AS (knowledge.document(title, topics, body)) STORED
      );
      CREATE INDEX entries_document ON knowledge.entries USING gin (document);
      CREATE INDEX entries_topics ON knowledge.entries USING gin (topics);
      CREATE INDEX entries_newest ON knowledge.entries (created_at DESC, id DESC);
    `,
  },
];
