/** Against real servers: DATABASE_URL, and DATABASE_READ_URL for a replica of it (the primary itself, if not given). */

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { newLog, Registry } from '@imbricate/chassis';
import { type Postgres, postgres } from '@imbricate/chassis/postgres';
import { Migrating, ReplicatedDatabase } from '../src/index.js';

const log = newLog('test', 'silent');
const URL = process.env.DATABASE_URL ?? '';
const READ_URL = process.env.DATABASE_READ_URL ?? URL;
const NOWHERE = 'postgresql://u:p@127.0.0.1:1/x';
const options = { skip: URL === '' && 'DATABASE_URL is not set' };

interface Opened {
  readonly database: ReplicatedDatabase;
  readonly metrics: Registry;
  readonly primary: Postgres;
  readonly table: string;
}

async function opened(context: TestContext, url: string, readUrl: string): Promise<Opened> {
  const metrics = new Registry();
  const primary = postgres({ url, name: 'test', log });
  const replica = postgres({ url: readUrl, name: 'test', log });
  const table = `t${randomUUID().replaceAll('-', '')}`;
  if (url === URL) await primary.query(`CREATE TABLE ${table} (n int)`);
  context.after(async () => {
    if (url === URL) await primary.query(`DROP TABLE ${table}`);
    await Promise.all([primary.close(), replica.close()]);
  });
  return { database: new ReplicatedDatabase({ primary, replica, log, metrics, restMs: 100 }), metrics, primary, table };
}

async function count(metrics: Registry, name: string): Promise<string> {
  return metrics.getSingleMetricAsString(name);
}

test('what was written is read with its token, wherever the replica is', options, async (context) => {
  const { database, table } = await opened(context, URL, READ_URL);
  for (let n = 1; n <= 20; n++) {
    const { token } = await database.write(`INSERT INTO ${table} VALUES ($1)`, [n]);
    const [row] = await database.read<{ n: number }>(`SELECT max(n) AS n FROM ${table}`, [], token);
    assert.equal(row?.n, n);
  }
});

test('without a token, reads are the replica’s', options, async (context) => {
  const { database, metrics, table } = await opened(context, URL, READ_URL);
  const { token } = await database.write(`INSERT INTO ${table} VALUES (1)`);
  await database.read('SELECT 1', [], token);
  await database.read('SELECT 1');
  assert.match(await count(metrics, 'database_queries_total'), /operation="read",server="replica"\} [12]/);
  assert.match(await count(metrics, 'database_replication_lag_seconds'), /lag_seconds \d/);
});

test('while the replica is away, the primary answers reads, and it is asked again later', options, async (context) => {
  const { database, metrics } = await opened(context, URL, NOWHERE);
  for (let n = 0; n < 3; n++) assert.deepEqual(await database.read('SELECT 1 AS one'), [{ one: 1 }]);
  assert.match(await count(metrics, 'database_read_fallbacks_total'), /reason="away"\} 3/);
  assert.match(await count(metrics, 'database_queries_total'), /operation="read",server="primary"\} 3/);
  assert.match(await count(metrics, 'database_replication_lag_seconds'), /lag_seconds Nan/i);
});

test('while the primary is away, reads go on and writes are refused', options, async (context) => {
  const { database } = await opened(context, NOWHERE, READ_URL);
  assert.deepEqual(await database.read('SELECT 1 AS one'), [{ one: 1 }]);
  await assert.rejects(database.write('CREATE TABLE never (n int)'), { statusCode: 503 });
});

test('a mistake in a statement is a mistake on both sides', options, async (context) => {
  const { database, metrics } = await opened(context, URL, READ_URL);
  await assert.rejects(database.read('SELEC 1'), { code: '42601' });
  assert.doesNotMatch(await count(metrics, 'database_read_fallbacks_total'), /\} \d/);
});

test('several that start at once migrate once', options, async (context) => {
  const { primary, table } = await opened(context, URL, READ_URL);
  const id = randomUUID();
  const migrations = [{ id, sql: `ALTER TABLE ${table} ADD COLUMN added int` }];
  const all = [1, 2, 3].map(() => new Migrating(primary, migrations, log));
  for (const migrating of all) {
    for (let n = 0; n < 200 && (await migrating.check().catch(() => 'not yet')) === 'not yet'; n++) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await migrating.check();
    await migrating.close();
  }
  await primary.query('DELETE FROM migrations WHERE id = $1', [id]);
});

test('a service that ends before there is a database gives up migrating', async () => {
  const primary = postgres({ url: NOWHERE, name: 'test', log });
  const migrating = new Migrating(primary, [], log);
  await assert.rejects(migrating.check());
  await migrating.close();
  await primary.close();
});
