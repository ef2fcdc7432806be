import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readSettings } from '../server/settings.ts';

const GOOD = { NEXT_PUBLIC_API_URL: 'http://pakaura.local/api/v1/', API_INTERNAL_URL: 'http://api:8000' };

test('the addresses of the api are read', () => {
  assert.deepEqual(readSettings(GOOD), { apiUrl: 'http://pakaura.local/api/v1', apiInternalUrl: 'http://api:8000' });
});

test('all that is missing or wrong is named at once', () => {
  assert.throws(() => readSettings({}), {
    message: 'NEXT_PUBLIC_API_URL is missing; API_INTERNAL_URL is missing',
  });
  const wrong = { NEXT_PUBLIC_API_URL: '/api/v1', API_INTERNAL_URL: 'api:8000', PORT: '70000', LOG_LEVEL: 'loud' };
  assert.throws(
    () => readSettings(wrong),
    /^Error: NEXT_PUBLIC_API_URL: .*; API_INTERNAL_URL: .*; PORT: .*; LOG_LEVEL: /,
  );
});
