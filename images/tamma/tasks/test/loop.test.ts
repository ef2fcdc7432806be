import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newLog } from '@imbricate/chassis';
import { repeat } from '../src/index.js';

const log = newLog('test', 'silent');

function counted(results: (boolean | Error)[]) {
  let rounds = 0;
  const work = (): Promise<boolean> => {
    const result = results[rounds++] ?? false;
    return result instanceof Error ? Promise.reject(result) : Promise.resolve(result);
  };
  return { work, rounds: () => rounds };
}

const moment = () => new Promise((resolve) => setTimeout(resolve, 20));

async function until(condition: () => boolean): Promise<void> {
  for (let attempt = 0; attempt < 250 && !condition(); attempt++) await moment();
  assert.ok(condition());
}

test('goes on at once while there is more, then pauses', async () => {
  const { work, rounds } = counted([true, true, false, true]);
  const loop = repeat('test', 60, log, work);
  await until(() => rounds() === 3);
  await moment();
  await loop.stop();
  assert.equal(rounds(), 3);
});

test('a failure is a pause, not the end', async () => {
  const { work, rounds } = counted([new Error('away'), false, new Error('away')]);
  const loop = repeat('test', 0.001, log, work);
  await until(() => rounds() > 3);
  await loop.stop();
});

test('waking ends the pause, and is not forgotten during a round', async () => {
  let rounds = 0;
  const loop = repeat('test', 60, log, async () => {
    rounds++;
    if (rounds === 1) loop.wake();
    await moment();
    return false;
  });
  await until(() => rounds === 2);
  loop.wake();
  await until(() => rounds === 3);
  await loop.stop();
});

test('stopping waits for the round that runs', async () => {
  let state = 'waiting';
  const loop = repeat('test', 60, log, async () => {
    state = 'running';
    await moment();
    state = 'done';
    return false;
  });
  await until(() => state === 'running');
  await loop.stop();
  assert.equal(state, 'done');
});
