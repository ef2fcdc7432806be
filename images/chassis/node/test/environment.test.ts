import assert from 'node:assert/strict';
import { test } from 'node:test';
import { choice, ConfigurationError, flag, integer, optional, port, readEnvironment, text, url } from '../src/index.js';

function messageOf(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    assert.ok(error instanceof ConfigurationError);
    return error.message;
  }
  return assert.fail('expected a ConfigurationError');
}

test('every missing or wrong variable is named in one message', () => {
  const schema = { URL: url({ protocols: ['http', 'https'] }), PORT: port(8080), MODE: choice(['on', 'off']), KEY: text() };
  const message = messageOf(() => readEnvironment(schema, { URL: 'ftp://x', PORT: '70000', MODE: 'maybe', KEY: '' }));
  assert.equal(
    message,
    'URL must be a URL with http:// or https://, is "ftp://x"; PORT must be an integer from 0 to 65535, is "70000"; ' +
      'MODE must be one of on, off, is "maybe"; KEY is missing',
  );
});

test('the value of a secret is not in the message', () => {
  const schema = { TOKEN: text({ minLength: 16, secret: true }) };
  assert.equal(messageOf(() => readEnvironment(schema, { TOKEN: 'hunter2' })), 'TOKEN must have at least 16 characters');
});

test('values have the types of their variables, and fallbacks stand in for what is missing', () => {
  const schema = { A: integer({ fallback: 3 }), B: flag({ fallback: false }), C: optional(text()), D: integer({ min: -5 }) };
  assert.deepEqual(readEnvironment(schema, { D: '-5', B: 'true' }), { A: 3, B: true, C: undefined, D: -5 });
});

test('numbers that JavaScript would accept but people would not are refused', () => {
  for (const value of ['1e3', '0x10', ' 7', '7.5', '99999999999999999999']) {
    assert.match(messageOf(() => readEnvironment({ N: integer() }, { N: value })), /^N must be an integer/);
  }
});

test('a password that a manifest put into a URL as it is reaches the server as it is', () => {
  const schema = { DATABASE_URL: url({ protocols: ['postgresql'], secret: true, rawPassword: 'DATABASE_PASSWORD' }) };
  for (const password of ['plain', 'a/b?c#d', 'p@ss:word', '100%41$&', '$1$`']) {
    const given = { DATABASE_URL: `postgresql://tamma:${password}@db:5432/tamma`, DATABASE_PASSWORD: password };
    const parsed = new URL(readEnvironment(schema, given).DATABASE_URL);
    assert.equal(decodeURIComponent(parsed.password), password);
    assert.equal(parsed.host, 'db:5432');
  }
});
