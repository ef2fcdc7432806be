import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readiness } from '../src/index.js';

test('ready when every check passes', async () => {
  assert.deepEqual(await readiness({ a: () => Promise.resolve(1) }), { ready: true, checks: { a: 'ok' } });
});

test('says of each check what is wrong, and does not wait for one that hangs', async () => {
  const checks = {
    fine: () => Promise.resolve(),
    gone: () => Promise.reject(new Error('connection refused')),
    hangs: () => new Promise(() => undefined),
  };
  assert.deepEqual(await readiness(checks, 0.05), {
    ready: false,
    checks: { fine: 'ok', gone: 'connection refused', hangs: 'no answer within 0.05 s' },
  });
});
