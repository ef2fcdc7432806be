import { setTimeout as pause } from 'node:timers/promises';
import type { Log } from '@imbricate/chassis';
import { migrate, type Migration, type Postgres } from '@imbricate/chassis/postgres';

/** One for all services of this database: they share the table in which it is noted what was applied. */
const LOCK = 4_201_001;
const LONGEST_PAUSE_MS = 5000;

/** Migrates in the background, as soon as there is a database, so that a service can start before it. */
export class Migrating {
  private readonly database: Postgres;
  private readonly migrations: readonly Migration[];
  private readonly log: Log;
  private readonly stop = new AbortController();
  private readonly work: Promise<void>;
  private isDone = false;

  constructor(database: Postgres, migrations: readonly Migration[], log: Log) {
    this.database = database;
    this.migrations = migrations;
    this.log = log;
    this.work = this.untilDone();
  }

  readonly check = (): Promise<void> => {
    return this.isDone ? Promise.resolve() : Promise.reject(new Error('is not migrated yet'));
  };

  async close(): Promise<void> {
    this.stop.abort();
    await this.work;
  }

  private async untilDone(): Promise<void> {
    for (let attempt = 0; !this.isDone && !this.stop.signal.aborted; attempt++) {
      try {
        const applied = await migrate(this.database, LOCK, this.migrations);
        this.isDone = true;
        this.log.info({ applied }, 'the schema is up to date');
      } catch (error) {
        this.log.warn({ reason: reason(error) }, 'the schema cannot be brought up to date yet');
        await pause(Math.min(200 * 2 ** attempt, LONGEST_PAUSE_MS), undefined, { signal: this.stop.signal }).catch(() => undefined);
      }
    }
  }
}

function reason(error: unknown): string {
  const inner = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return inner instanceof Error ? inner.message : String(inner);
}
