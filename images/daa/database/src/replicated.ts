import { Counter, Gauge, HttpError, type Log, type Registry } from '@imbricate/chassis';
import type { Postgres, Queries, Row } from '@imbricate/chassis/postgres';

export interface ReplicatedOptions {
  readonly primary: Postgres;
  readonly replica: Postgres;
  readonly log: Log;
  readonly metrics: Registry;
  /** How long a replica that could not be asked is left alone. */
  readonly restMs?: number;
}

export interface Written<Found> {
  readonly rows: readonly Found[];
  /** Give it to `read`, and what was written here is seen there. */
  readonly token: string;
}

type Reason = 'away' | 'behind';

const END_OF_LOG = 'SELECT pg_current_wal_insert_lsn()::text AS token';
const HAS_REPLAYED = 'SELECT NOT pg_is_in_recovery() OR pg_last_wal_replay_lsn() >= $1::pg_lsn AS seen';
const LAG = `
  SELECT CASE WHEN NOT pg_is_in_recovery() OR pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() THEN 0
         ELSE coalesce(extract(epoch FROM now() - pg_last_xact_replay_timestamp()), 0) END::float8 AS lag`;

/** Not replicated yet (a schema, a table, a column, a function), or in conflict with what is being replayed. */
const BEHIND = new Set(['3F000', '42P01', '42703', '42883', '40001']);
/** Refused at the door: its password or its name is wrong. */
const REFUSED = /^(28|3D)/;

/**
 * A primary and its read replicas. Writes go to the primary, reads to a replica. Where the replica is away, or has not
 * replayed the write that a reader must see, the primary answers the read too.
 */
export class ReplicatedDatabase {
  private readonly options: ReplicatedOptions;
  private readonly queries: Counter<'operation' | 'server'>;
  private readonly fallbacks: Counter<'reason'>;
  private restsUntil = 0;

  constructor(options: ReplicatedOptions) {
    this.options = options;
    const registers = [options.metrics];
    this.queries = new Counter({
      name: 'database_queries_total',
      help: 'Statements answered, by who answered',
      labelNames: ['operation', 'server'],
      registers,
    });
    this.fallbacks = new Counter({
      name: 'database_read_fallbacks_total',
      help: 'Reads that the primary answered because the replica was away or behind',
      labelNames: ['reason'],
      registers,
    });
    measureLag(options.replica, options.metrics);
  }

  async write<Found extends Row>(sql: string, values: readonly unknown[] = []): Promise<Written<Found>> {
    const rows = await this.options.primary.query<Found>(sql, values);
    this.queries.inc({ operation: 'write', server: 'primary' });
    const [end] = await this.options.primary.query<{ token: string }>(END_OF_LOG);
    return { rows, token: end?.token ?? '' };
  }

  /** `after` is the token of a write that must be seen. */
  async read<Found extends Row>(sql: string, values: readonly unknown[] = [], after?: string): Promise<Found[]> {
    const found = await this.fromReplica<Found>(sql, values, after);
    if (typeof found !== 'string') return found;
    this.fallbacks.inc({ reason: found });
    const rows = await this.options.primary.query<Found>(sql, values);
    this.queries.inc({ operation: 'read', server: 'primary' });
    return rows;
  }

  private async fromReplica<Found extends Row>(
    sql: string,
    values: readonly unknown[],
    after: string | undefined,
  ): Promise<Found[] | Reason> {
    if (Date.now() < this.restsUntil) return 'away';
    try {
      const rows = await this.askReplica<Found>(sql, values, after);
      if (rows === 'behind') return rows;
      this.queries.inc({ operation: 'read', server: 'replica' });
      return rows;
    } catch (error) {
      const reason = whyPrimary(error);
      if (reason === 'away') this.rest(error as Error);
      if (reason !== undefined) return reason;
      throw error;
    }
  }

  private async askReplica<Found extends Row>(
    sql: string,
    values: readonly unknown[],
    after: string | undefined,
  ): Promise<Found[] | 'behind'> {
    const { replica } = this.options;
    if (after === undefined) return replica.query<Found>(sql, values);
    // In one transaction, so on one connection: behind one name there are several replicas, each as far as it is.
    return replica.transaction(async (queries) => {
      return (await hasSeen(queries, after)) ? queries.query<Found>(sql, values) : 'behind';
    });
  }

  private rest(error: Error): void {
    const ms = this.options.restMs ?? 5000;
    this.restsUntil = Date.now() + ms;
    const reason = error.cause instanceof Error ? error.cause.message : error.message;
    this.options.log.warn({ reason, ms }, 'the replica is away, the primary answers reads');
  }
}

/** Of a statement that always gives a row. */
export function only<Found>(rows: readonly Found[]): Found {
  const [row] = rows;
  if (row === undefined) throw new Error('the statement gave no row');
  return row;
}

async function hasSeen(queries: Queries, token: string): Promise<boolean> {
  const [row] = await queries.query<{ seen: boolean | null }>(HAS_REPLAYED, [token]);
  return row?.seen === true;
}

function whyPrimary(error: unknown): Reason | undefined {
  if (error instanceof HttpError && error.statusCode === 503) return 'away';
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (REFUSED.test(code)) return 'away';
  return BEHIND.has(code) ? 'behind' : undefined;
}

function measureLag(replica: Postgres, metrics: Registry): void {
  new Gauge({
    name: 'database_replication_lag_seconds',
    help: 'How old the data of the replica is that answered; NaN while none does',
    registers: [metrics],
    async collect() {
      const [row] = await replica.query<{ lag: number }>(LAG).catch(() => []);
      this.set(row?.lag ?? Number.NaN);
    },
  });
}
