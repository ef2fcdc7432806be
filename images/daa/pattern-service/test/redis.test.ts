/** Against a real Redis: REDIS_URL says which; its database 9 is emptied. */

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { newLog } from '@imbricate/chassis';
import { redis } from '@imbricate/chassis/redis';
import { Patterns } from '../src/patterns.js';

const REDIS_URL = process.env.REDIS_URL ?? '';
const options = { skip: REDIS_URL === '' && 'REDIS_URL is not set' };
const log = newLog('test', 'silent');

async function empty(context: TestContext): Promise<{ patterns: Patterns; ttl: (key: string) => Promise<number> }> {
  const store = redis({ url: `${REDIS_URL}/9`, name: 'test', log });
  for (let n = 0; n < 100 && !store.client.isReady; n++) await new Promise((resolve) => setTimeout(resolve, 20));
  await store.client.flushDb();
  context.after(() => store.close());
  return { patterns: new Patterns(store), ttl: (key) => store.client.ttl(key) };
}

test('what is seen together is counted, once for each id', options, async (context) => {
  const { patterns } = await empty(context);
  assert.equal(await patterns.observe('1', ['replica', 'lag']), true);
  assert.equal(await patterns.observe('1', ['replica', 'lag']), false);
  assert.equal(await patterns.observe('2', ['lag', 'replica', 'disk']), true);
  assert.deepEqual(await patterns.mostFrequent(2), [
    { item: 'replica', count: 2 },
    { item: 'lag', count: 2 },
  ]);
  const { observations, patterns: found } = await patterns.strongest(10);
  assert.equal(observations, 2);
  assert.deepEqual(found[0], { items: ['lag', 'replica'], count: 2, support: 1, lift: 1 });
  assert.equal(found.length, 3);
});

test('neighbours are found from both sides', options, async (context) => {
  const { patterns } = await empty(context);
  await patterns.observe('1', ['replica', 'lag']);
  await patterns.observe('2', ['replica', 'backup']);
  assert.deepEqual(await patterns.related(['lag'], 10), [{ item: 'replica', score: 1 }]);
  assert.deepEqual(await patterns.related(['replica'], 10), [
    { item: 'backup', score: 0.5 },
    { item: 'lag', score: 0.5 },
  ]);
  assert.deepEqual(await patterns.related(['unknown'], 10), []);
});

test('only what may be evicted expires', options, async (context) => {
  const { patterns, ttl } = await empty(context);
  await patterns.observe('1', ['replica', 'lag']);
  assert.ok((await ttl('pattern:related:lag')) > 0);
  assert.ok((await ttl('pattern:seen:1')) > 0);
  assert.equal(await ttl('pattern:items'), -1);
  assert.equal(await ttl('pattern:pairs'), -1);
});

test('without Redis there is no answer, but a clear one', async () => {
  const store = redis({ url: 'redis://127.0.0.1:1', name: 'test', log });
  await assert.rejects(new Patterns(store).observe('1', ['a', 'b']), { statusCode: 503, message: 'redis is not available' });
  await store.close();
});
