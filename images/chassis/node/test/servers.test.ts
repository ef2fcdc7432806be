/** Against real servers: DATABASE_URL and REDIS_URL say which. */

import assert from 'node:assert/strict';
import { randomInt, randomUUID } from 'node:crypto';
import { createServer, type Socket } from 'node:net';
import { test } from 'node:test';
import { HttpError, newLog } from '../src/index.js';
import { isPassing, migrate, migratedCheck, postgres } from '../src/postgres.js';
import { redis } from '../src/redis.js';

const log = newLog('test', 'silent');
const DATABASE_URL = process.env.DATABASE_URL ?? '';
const REDIS_URL = process.env.REDIS_URL ?? '';
const needsDatabase = { skip: DATABASE_URL === '' && 'DATABASE_URL is not set' };
const needsRedis = { skip: REDIS_URL === '' && 'REDIS_URL is not set' };

test('a database that is away is answered with 503, a wrong statement is a bug', async () => {
  const database = postgres({ url: 'postgresql://u:p@127.0.0.1:1/x', name: 'test', log });
  await assert.rejects(database.query('SELECT 1'), (error) => error instanceof HttpError && error.statusCode === 503);
  await assert.rejects(database.transaction(() => Promise.resolve()), { statusCode: 503 });
  await assert.rejects(database.check());
  await database.close();
  assert.equal(isPassing(Object.assign(new Error('syntax error'), { code: '42601' })), false);
  assert.equal(isPassing(Object.assign(new Error('the system is starting up'), { code: '57P03' })), true);
});

test('a server that accepts and says nothing is given up', async () => {
  const sockets: Socket[] = [];
  const silent = createServer((socket) => sockets.push(socket)).listen(0, '127.0.0.1');
  await new Promise((resolve) => silent.once('listening', resolve));
  const { port } = silent.address() as { port: number };
  const database = postgres({ url: `postgresql://u:p@127.0.0.1:${port}/x`, name: 'test', log });
  const began = Date.now();
  await assert.rejects(database.query('SELECT 1'), { statusCode: 503 });
  assert.ok(Date.now() - began < 5000);
  for (const socket of sockets) socket.destroy();
  silent.close();
  await database.close();
});

test('a transaction is kept whole or not at all', needsDatabase, async () => {
  const database = postgres({ url: DATABASE_URL, name: 'test', log });
  const table = `t_${randomUUID().replaceAll('-', '')}`;
  await database.query(`CREATE TABLE ${table} (id int)`);
  await assert.rejects(
    database.transaction(async (queries) => {
      await queries.query(`INSERT INTO ${table} VALUES (1)`);
      throw new Error('changed my mind');
    }),
    /changed my mind/,
  );
  await database.transaction((queries) => queries.query(`INSERT INTO ${table} VALUES ($1)`, [2]));
  assert.deepEqual(await database.query(`SELECT id FROM ${table}`), [{ id: 2 }]);
  await database.query(`DROP TABLE ${table}`);
  await database.close();
});

test('several that migrate at once do it once, and a failed one leaves nothing', needsDatabase, async () => {
  const table = `m_${randomUUID().replaceAll('-', '')}`;
  const migrations = [{ id: `${table}-1`, sql: `CREATE TABLE ${table} (id int)` }];
  const lock = randomInt(1_000_000);
  const databases = Array.from({ length: 4 }, () => postgres({ url: DATABASE_URL, name: 'test', log }));
  const [first] = databases;
  await assert.rejects(migratedCheck(first!, migrations)(), /is not applied yet/);
  const applied = await Promise.all(databases.map((database) => migrate(database, lock, migrations)));
  assert.deepEqual(applied.flat(), [`${table}-1`]);
  await migratedCheck(first!, migrations)();
  const broken = [...migrations, { id: `${table}-2`, sql: `ALTER TABLE ${table} ADD a int; SELECT nonsense` }];
  await assert.rejects(migrate(first!, lock, broken), /nonsense/);
  assert.deepEqual(await first!.query(`SELECT * FROM ${table}`), []);
  await first!.query(`INSERT INTO ${table} VALUES (1)`);
  assert.deepEqual(await first!.query(`SELECT * FROM ${table}`), [{ id: 1 }]);
  await first!.query(`DROP TABLE ${table}`);
  await Promise.all(databases.map((database) => database.close()));
});

test('commands to a redis that is away fail at once, and closing does not hang', async () => {
  const away = redis({ url: 'redis://127.0.0.1:1', name: 'test', log });
  await assert.rejects(away.client.get('x'));
  await assert.rejects(away.check(), /not connected/);
  await away.close();
});

test('redis answers', needsRedis, async () => {
  const connection = redis({ url: REDIS_URL, name: 'test', log });
  await new Promise((resolve) => connection.client.once('ready', resolve));
  await connection.check();
  await connection.close();
});
