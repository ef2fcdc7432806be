/** PostgreSQL: a pool that reconnects, with limits on every wait; transactions; migrations. */

import type { FastifyBaseLogger } from 'fastify';
import pg from 'pg';
import { unavailable } from './errors.js';
import type { Check } from './readiness.js';

const SECOND = 1000;
/** Classes of SQLSTATE that mean "not now": connection, resources, shutdown or recovery, a read-only standby. */
const PASSING = /^(08|53|57P|25006)/;
const PASSING_NETWORK = /^(ECONN|ENOTFOUND|EAI_|EHOST|ENET|ETIMEDOUT|EPIPE)/;
const PASSING_WORDS = /timeout|Connection terminated|Client has encountered a connection error/i;

export interface PostgresOptions {
  readonly url: string;
  /** Shown in pg_stat_activity. */
  readonly name: string;
  readonly log: FastifyBaseLogger;
  readonly connections?: number;
  readonly statementSeconds?: number;
}

export type Row = Record<string, unknown>;
/** Something to query: the pool, or the one connection of a transaction. */
export interface Queries {
  query<T extends Row>(sql: string, values?: readonly unknown[]): Promise<T[]>;
}

export interface Postgres extends Queries {
  readonly check: Check;
  /** Commits what `work` did, or nothing of it. */
  transaction<T>(work: (queries: Queries) => Promise<T>): Promise<T>;
  close(): Promise<void>;
  readonly pool: pg.Pool;
}

export function postgres(options: PostgresOptions): Postgres {
  const seconds = options.statementSeconds ?? 5;
  const pool = new pg.Pool({
    connectionString: options.url,
    application_name: options.name,
    max: options.connections ?? 10,
    connectionTimeoutMillis: 3 * SECOND,
    idleTimeoutMillis: 30 * SECOND,
    statement_timeout: seconds * SECOND,
    query_timeout: (seconds + 1) * SECOND,
    idle_in_transaction_session_timeout: 10 * SECOND,
    keepAlive: true,
  });
  pool.on('error', (error) => {
    options.log.warn({ reason: error.message }, 'a database connection was lost');
  });
  return {
    ...queriesOn(pool),
    pool,
    check: () => pool.query('SELECT 1'),
    transaction: (work) => inTransaction(pool, work),
    close: () => pool.end(),
  };
}

function queriesOn(client: pg.Pool | pg.PoolClient): Queries {
  return {
    query: async <T extends Row>(sql: string, values: readonly unknown[] = []) => {
      try {
        return (await client.query<T>(sql, [...values])).rows;
      } catch (error) {
        throw isPassing(error) ? unavailable('the database', error) : error;
      }
    },
  };
}

/** Whether the same statement may succeed later, because the server was away or busy. */
export function isPassing(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  return PASSING.test(code) || PASSING_NETWORK.test(code) || (code === '' && PASSING_WORDS.test(error.message));
}

async function inTransaction<T>(pool: pg.Pool, work: (queries: Queries) => Promise<T>): Promise<T> {
  const client = await pool.connect().catch((error: unknown) => {
    throw unavailable('the database', error);
  });
  // Without a listener, a connection that breaks between two queries would end the process.
  const ignore = (): void => undefined;
  client.on('error', ignore);
  let broken = false;
  try {
    const queries = queriesOn(client);
    await queries.query('BEGIN');
    const result = await work(queries);
    await queries.query('COMMIT');
    return result;
  } catch (error) {
    broken = await client.query('ROLLBACK').then(
      () => false,
      () => true,
    );
    throw error;
  } finally {
    client.off('error', ignore);
    client.release(broken);
  }
}

export interface Migration {
  /** Never changed once released; applied in the order of the list. */
  readonly id: string;
  readonly sql: string;
}

/** Applies what is missing, all or nothing; gives the ids applied. Several may start at once: they take turns. */
export async function migrate(database: Postgres, lock: number, migrations: readonly Migration[]): Promise<string[]> {
  return database.transaction(async (queries) => {
    await queries.query('SET LOCAL statement_timeout = 60000');
    await takeTurn(queries, lock);
    await queries.query(
      'CREATE TABLE IF NOT EXISTS migrations (id text PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now())',
    );
    const applied = new Set((await queries.query<{ id: string }>('SELECT id FROM migrations')).map((row) => row.id));
    const missing = migrations.filter((migration) => !applied.has(migration.id));
    for (const { id, sql } of missing) {
      await queries.query(sql);
      await queries.query('INSERT INTO migrations (id) VALUES ($1)', [id]);
    }
    return missing.map((migration) => migration.id);
  });
}

/** Asks for the lock again and again instead of waiting inside one statement, which has a time limit. */
async function takeTurn(queries: Queries, lock: number): Promise<void> {
  for (let attempt = 0; attempt < 300; attempt++) {
    const [row] = await queries.query<{ taken: boolean }>('SELECT pg_try_advisory_xact_lock($1) AS taken', [lock]);
    if (row?.taken) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error('another process has been migrating for a minute');
}

/** A check that fails until the newest migration is there: for services that wait for another one to migrate. */
export function migratedCheck(database: Postgres, migrations: readonly Migration[]): Check {
  const newest = migrations.at(-1)?.id;
  return async () => {
    const [table] = await database.query<{ found: string | null }>("SELECT to_regclass('migrations')::text AS found");
    const rows = table?.found ? await database.query('SELECT 1 FROM migrations WHERE id = $1', [newest]) : [];
    if (rows.length === 0) throw new Error(`migration ${newest ?? ''} is not applied yet`);
  };
}
