import type { Checks, Log, Registry } from '@imbricate/chassis';
import { url } from '@imbricate/chassis';
import { type Migration, postgres } from '@imbricate/chassis/postgres';
import { Migrating } from './migrating.js';
import { ReplicatedDatabase } from './replicated.js';

const PROTOCOLS = ['postgres', 'postgresql'];

export const DATABASE = {
  DATABASE_URL: url({ protocols: PROTOCOLS, secret: true }),
  DATABASE_READ_URL: url({ protocols: PROTOCOLS, secret: true }),
};

interface ConnectOptions {
  readonly config: { readonly DATABASE_URL: string; readonly DATABASE_READ_URL: string };
  readonly name: string;
  readonly migrations: readonly Migration[];
  readonly log: Log;
  readonly metrics: Registry;
}

export interface Connected {
  readonly database: ReplicatedDatabase;
  /** Without these it is not ready. */
  readonly checks: Checks;
  /** Without these it is slower. */
  readonly optional: Checks;
  close(): Promise<void>;
}

/** Opens both ends of the database and begins to migrate it. */
export function connect({ config, name, migrations, log, metrics }: ConnectOptions): Connected {
  const primary = postgres({ url: inPublic(config.DATABASE_URL), name, log });
  // Less patience than with the primary, which can answer instead.
  const replica = postgres({ url: inPublic(config.DATABASE_READ_URL), name, log, statementSeconds: 2 });
  const migrating = new Migrating(primary, migrations, log);
  return {
    database: new ReplicatedDatabase({ primary, replica, log, metrics }),
    checks: { database: primary.check, schema: migrating.check },
    optional: { replica: replica.check },
    close: async () => {
      await migrating.close();
      await Promise.all([primary.close(), replica.close()]);
    },
  };
}

/**
 * A name without a schema means the schema public, whoever the user is: by default PostgreSQL looks first into the schema
 * of the user's own name, and the user `daa` has one as soon as the service of that name has migrated.
 */
export function inPublic(address: string): string {
  const url = new URL(address);
  if (!url.searchParams.has('options')) url.searchParams.set('options', '-c search_path=public');
  return url.href;
}
