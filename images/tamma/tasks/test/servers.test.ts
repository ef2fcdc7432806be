/** Against real servers: DATABASE_URL and REDIS_URL say which. Their tables and the queue are emptied. */

import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { newLog } from '@imbricate/chassis';
import { migrate, type Postgres, postgres } from '@imbricate/chassis/postgres';
import { type Redis, redis } from '@imbricate/chassis/redis';
import {
  cancel,
  claim,
  counts,
  dispatch,
  expire,
  fail,
  find,
  forgetTasks,
  list,
  MIGRATION_LOCK,
  MIGRATIONS,
  type NewTask,
  putBack,
  Queue,
  recover,
  renew,
  submit,
  succeed,
  type Task,
} from '../src/index.js';

const DATABASE_URL = process.env.DATABASE_URL ?? '';
const REDIS_URL = process.env.REDIS_URL ?? '';
const options = { skip: (DATABASE_URL === '' || REDIS_URL === '') && 'DATABASE_URL and REDIS_URL are not set' };
const log = newLog('test', 'silent');
const TASK: NewTask = { kind: 'checksum', input: { text: 'x' }, source: 'api', submittedBy: 'ci', maxAttempts: 2 };

let database: Postgres;
let connection: Redis;
let reader: Redis;
let queue: Queue;
let inbox: Queue;

before(async () => {
  if (options.skip) return;
  database = postgres({ url: DATABASE_URL, name: 'test', log });
  connection = redis({ url: REDIS_URL, name: 'test', log });
  reader = redis({ url: REDIS_URL, name: 'test-reader', log, commandSeconds: 0 });
  queue = new Queue(connection);
  inbox = new Queue(reader);
  await migrate(database, MIGRATION_LOCK, MIGRATIONS);
  while (!connection.client.isReady || !reader.client.isReady) await new Promise((resolve) => setTimeout(resolve, 10));
});

beforeEach(async () => {
  if (options.skip) return;
  await database.query('TRUNCATE tasks, workers');
  await connection.client.flushDb();
});

after(async () => {
  if (options.skip) return;
  await Promise.all([connection.close(), reader.close()]);
  await database.close();
});

async function submitted(task: Partial<NewTask> = {}): Promise<Task> {
  return (await submit(database, { ...TASK, ...task })).task;
}

async function received(): Promise<{ entry: string; task: string }> {
  return (await inbox.receive('worker-1', 1)) ?? assert.fail('expected a message');
}

async function statusOf(task: Task): Promise<string> {
  return (await find(database, task.id))!.status;
}

/** Lets time pass for a task: what happened to it is older by so many seconds. */
async function age(task: Task, seconds: number): Promise<void> {
  await database.query(
    'UPDATE tasks SET queued_at = queued_at - make_interval(secs => $2), lease_until = lease_until - make_interval(secs => $2) WHERE id = $1',
    [task.id, seconds],
  );
}

test('a task goes from the api through the queue to a worker and back', options, async () => {
  const task = await submitted();
  assert.equal(await dispatch(database, queue), 1);
  assert.equal(await statusOf(task), 'queued');
  const message = await received();
  assert.equal(message.task, task.id);
  const claimed = await claim(database, task.id, 'worker-1');
  await queue.acknowledge(message.entry);
  assert.deepEqual([claimed?.attempts, claimed?.worker, claimed?.status], [1, 'worker-1', 'running']);
  assert.ok(await succeed(database, { id: task.id, attempt: 1 }, { digest: 'd' }));
  const done = await find(database, task.id);
  assert.deepEqual([done?.status, done?.result], ['succeeded', { digest: 'd' }]);
  assert.equal(await queue.length(), 0);
});

test('several orchestrators send each task once, also those that another is sending', options, async () => {
  class SlowQueue extends Queue {
    override async send(tasks: readonly string[]): Promise<string[]> {
      const entries = await super.send(tasks);
      await new Promise((resolve) => setTimeout(resolve, 200));
      return entries;
    }
  }
  for (let count = 0; count < 30; count++) await submitted();
  const sent = await Promise.all([1, 2, 3].map(() => dispatch(database, new SlowQueue(connection))));
  assert.equal(sent.reduce((sum, tasks) => sum + tasks), 30);
  assert.equal(await queue.length(), 30);
});

test('of two workers that claim one task, one gets it', options, async () => {
  const task = await submitted();
  const claims = await Promise.all(['a', 'b', 'c'].map((name) => claim(database, task.id, name)));
  assert.equal(claims.filter(Boolean).length, 1);
});

test('a dead worker loses its task, and cannot complete it after another has it', options, async () => {
  const task = await submitted();
  await claim(database, task.id, 'dead');
  assert.deepEqual(await expire(database), []);
  await age(task, 20);
  assert.deepEqual(await expire(database), [{ id: task.id, status: 'pending' }]);
  await claim(database, task.id, 'heir');
  assert.equal(await renew(database, { id: task.id, attempt: 1 }), false);
  assert.equal(await succeed(database, { id: task.id, attempt: 1 }, { by: 'dead' }), false);
  assert.equal(await fail(database, { id: task.id, attempt: 1 }, 'dead'), false);
  assert.ok(await renew(database, { id: task.id, attempt: 2 }));
  assert.ok(await succeed(database, { id: task.id, attempt: 2 }, { by: 'heir' }));
  assert.equal(await succeed(database, { id: task.id, attempt: 2 }, { by: 'heir, again' }), false);
  assert.deepEqual((await find(database, task.id))?.result, { by: 'heir' });
});

test('a task that has killed as many workers as it may has failed', options, async () => {
  const task = await submitted({ maxAttempts: 1 });
  await claim(database, task.id, 'dead');
  await age(task, 20);
  assert.deepEqual(await expire(database), [{ id: task.id, status: 'failed' }]);
  assert.equal((await find(database, task.id))?.error, 'worker dead was lost in attempt 1');
});

test('what is put back does not count as an attempt', options, async () => {
  const task = await submitted();
  await claim(database, task.id, 'stopping');
  assert.ok(await putBack(database, { id: task.id, attempt: 1 }));
  assert.deepEqual([await statusOf(task), (await find(database, task.id))?.attempts], ['pending', 0]);
});

test('a message that redis lost is sent again', options, async () => {
  const task = await submitted();
  await dispatch(database, queue);
  await connection.client.flushDb();
  assert.equal(await recover(database, queue), 0, 'not before its time');
  await age(task, 20);
  assert.equal(await recover(database, queue), 1);
  assert.equal(await dispatch(database, queue), 1);
  assert.equal((await received()).task, task.id);
});

test('a message that waits for a worker is left alone', options, async () => {
  const task = await submitted();
  await dispatch(database, queue);
  await age(task, 3600);
  assert.equal(await recover(database, queue), 0);
  assert.equal(await queue.length(), 1);
});

test('a message that a worker read before it died is taken from it', options, async () => {
  const task = await submitted();
  await dispatch(database, queue);
  await received();
  assert.deepEqual(await queue.takeAbandoned(60), [], 'not before its time');
  const [abandoned] = await queue.takeAbandoned(0);
  assert.ok(abandoned);
  assert.equal(await queue.length(), 0);
  await age(task, 20);
  assert.equal(await recover(database, queue), 1);
});

test('an orchestrator that ended between sending and noting it loses nothing and doubles nothing', options, async () => {
  const task = await submitted();
  await queue.send([task.id]);
  assert.equal(await dispatch(database, queue), 1);
  assert.equal(await queue.length(), 2);
  const [first, second] = [await received(), await received()];
  assert.ok(await claim(database, first.task, 'worker-1'));
  assert.equal(await claim(database, second.task, 'worker-1'), undefined);
});

test('a second submission with the same key is the same task, and another task with it is refused', options, async () => {
  const first = await submit(database, { ...TASK, idempotencyKey: 'k' });
  const second = await submit(database, { ...TASK, idempotencyKey: 'k' });
  assert.deepEqual([first.isNew, second.isNew, second.task.id], [true, false, first.task.id]);
  await assert.rejects(submit(database, { ...TASK, input: { text: 'y' }, idempotencyKey: 'k' }), { statusCode: 409 });
  const other = await submit(database, { ...TASK, submittedBy: 'someone else', idempotencyKey: 'k' });
  assert.ok(other.isNew);
});

test('what the database cannot keep is refused, not an error of ours', options, async () => {
  let deep: unknown = 1;
  for (let level = 0; level < 20_000; level++) deep = [deep];
  for (const text of ['\0', '\ud800']) {
    await assert.rejects(submit(database, { ...TASK, input: { text } }), { statusCode: 400 });
  }
  await assert.rejects(submit(database, { ...TASK, input: { document: deep } }), { statusCode: 400 });
});

test('lists are newest first, filtered, and go on where a page ended', options, async () => {
  const tasks = [];
  for (let count = 0; count < 5; count++) tasks.push(await submitted({ kind: count % 2 ? 'wait' : 'checksum' }));
  const ids = (found: { id: string }[]) => found.map((task) => task.id);
  const expected = ids(tasks).reverse();
  const page = await list(database, { limit: 2 });
  assert.deepEqual(ids(page), expected.slice(0, 2));
  assert.deepEqual(ids(await list(database, { limit: 9, before: page[1]!.number })), expected.slice(2));
  assert.deepEqual(ids(await list(database, { limit: 9, kind: 'wait' })), [expected[1], expected[3]]);
  assert.deepEqual(await list(database, { limit: 9, status: 'failed' }), []);
});

test('a cancelled task is done by no one', options, async () => {
  const waiting = await submitted();
  const running = await submitted();
  await claim(database, running.id, 'worker-1');
  for (const task of [waiting, running]) assert.equal((await cancel(database, task.id))?.status, 'cancelled');
  assert.equal(await claim(database, waiting.id, 'worker-1'), undefined);
  assert.equal(await renew(database, { id: running.id, attempt: 1 }), false);
  assert.equal(await succeed(database, { id: running.id, attempt: 1 }, {}), false);
  assert.deepEqual((await counts(database)).cancelled, 2);
});

test('a task is forgotten when it was finished long ago, however old it is', options, async () => {
  const [fresh, old, open] = [await submitted(), await submitted(), await submitted()];
  for (const task of [fresh, old]) {
    await claim(database, task.id, 'worker-1');
    await succeed(database, { id: task.id, attempt: 1 }, {});
  }
  await database.query("UPDATE tasks SET created_at = now() - interval '90 days'");
  await database.query("UPDATE tasks SET finished_at = now() - interval '31 days' WHERE id = $1", [old.id]);
  assert.equal(await forgetTasks(database, 30), 1);
  assert.deepEqual((await list(database, { limit: 9 })).map((task) => task.id), [open.id, fresh.id]);
});
