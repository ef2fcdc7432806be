import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FastifyRequest } from '@imbricate/chassis';
import { SignJWT, UnsecuredJWT } from 'jose';
import { newToken, subjectOf } from '../src/index.js';

const SECRET = 'a secret of some length';
const bearing = (token: string) => ({ headers: { authorization: `Bearer ${token}` } }) as FastifyRequest;
const signed = (claims: Record<string, unknown>, secret = SECRET, alg = 'HS256') =>
  new SignJWT(claims).setProtectedHeader({ alg }).sign(new TextEncoder().encode(secret.padEnd(64)));
const later = Math.floor(Date.now() / 1000) + 600;

test('a token says who it is', async () => {
  assert.equal(await subjectOf(bearing(await newToken('ci', 1, SECRET)), SECRET), 'ci');
});

test('a token that is absent, foreign, old, unsigned or incomplete is refused', async () => {
  const padded = SECRET.padEnd(64);
  assert.equal(await subjectOf(bearing(await signed({ sub: 'ci', exp: later })), padded), 'ci');
  const refused = [
    '',
    'x.y.z',
    await newToken('ci', 1, 'another secret, not ours'),
    await newToken('ci', -1, SECRET),
    await signed({ sub: 'ci' }),
    await signed({ exp: later }),
    await signed({ sub: 'ci', exp: later }, SECRET, 'HS512'),
    new UnsecuredJWT({ sub: 'ci' }).setExpirationTime(later).encode(),
  ];
  for (const token of refused) {
    await assert.rejects(subjectOf(bearing(token), padded), { statusCode: 401 });
  }
  await assert.rejects(subjectOf({ headers: {} } as FastifyRequest, SECRET), { statusCode: 401 });
});
