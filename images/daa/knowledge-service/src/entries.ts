import { type ReplicatedDatabase, type Written } from '@daa/database';

export interface NewEntry {
  readonly title: string;
  readonly body: string;
  readonly topics: readonly string[];
}

export interface Entry extends NewEntry, Record<string, unknown> {
  readonly id: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export interface Hit extends Record<string, unknown> {
  readonly id: string;
  readonly title: string;
  readonly topics: readonly string[];
  readonly score: number;
  readonly excerpt: string;
}

/** `all`: every word, with "phrases", OR and -without as in a web search. `any`: one word is enough. */
export type Match = 'all' | 'any';

const COLUMNS = 'id, title, body, topics, created_at AS "createdAt", updated_at AS "updatedAt"';

// plainto_tsquery gives words joined by &; a lexeme is quoted, and one that has an & inside merely finds nothing.
const QUERY = {
  all: `websearch_to_tsquery('english', $1)`,
  any: `CAST(replace(plainto_tsquery('english', $1)::text, '&', '|') AS tsquery)`,
} satisfies Record<Match, string>;

const SEARCH = (query: string): string => `
  SELECT id, title, topics, score::float8,
         ts_headline('english', body, query, 'StartSel="", StopSel="", MaxWords=40, MinWords=15') AS excerpt
  FROM (
    SELECT id, title, topics, body, created_at, query, ts_rank_cd(document, query, 32) AS score
    FROM knowledge.entries, ${query} AS query
    WHERE document @@ query AND ($2::text IS NULL OR topics @> ARRAY[$2::text])
    ORDER BY score DESC, created_at DESC, id
    LIMIT $3
  ) AS best
  ORDER BY score DESC, created_at DESC, id`;

/** Entries in the database: changed on the primary, read from its replicas. */
export class Entries {
  private readonly database: ReplicatedDatabase;

  constructor(database: ReplicatedDatabase) {
    this.database = database;
  }

  add({ title, body, topics }: NewEntry): Promise<Written<Entry>> {
    const sql = `INSERT INTO knowledge.entries (title, body, topics) VALUES ($1, $2, $3) RETURNING ${COLUMNS}`;
    return this.database.write<Entry>(sql, [title, body, topics]);
  }

  change(id: string, { title, body, topics }: NewEntry): Promise<Written<Entry>> {
    const sql = `UPDATE knowledge.entries SET title = $2, body = $3, topics = $4, updated_at = now()
                 WHERE id = $1 RETURNING ${COLUMNS}`;
    return this.database.write<Entry>(sql, [id, title, body, topics]);
  }

  remove(id: string): Promise<Written<{ id: string }>> {
    return this.database.write('DELETE FROM knowledge.entries WHERE id = $1 RETURNING id', [id]);
  }

  async find(id: string, after?: string): Promise<Entry | undefined> {
    const sql = `SELECT ${COLUMNS} FROM knowledge.entries WHERE id = $1`;
    return (await this.database.read<Entry>(sql, [id], after))[0];
  }

  newest(topic: string | undefined, limit: number, after?: string): Promise<Entry[]> {
    const sql = `SELECT ${COLUMNS} FROM knowledge.entries
                 WHERE $1::text IS NULL OR topics @> ARRAY[$1::text]
                 ORDER BY created_at DESC, id DESC LIMIT $2`;
    return this.database.read<Entry>(sql, [topic, limit], after);
  }

  search(words: string, match: Match, topic: string | undefined, limit: number, after?: string): Promise<Hit[]> {
    return this.database.read<Hit>(SEARCH(QUERY[match]), [words, topic, limit], after);
  }
}
