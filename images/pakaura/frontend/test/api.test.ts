import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { Api, ApiError, reachableApi } from '../browser/api.ts';

let base = '';
let answer: [number, string];
let seen: unknown[];
const server = createServer(async (request, response) => {
  const chunks = await request.toArray();
  seen = [request.method, request.url, request.headers.authorization, Buffer.concat(chunks).toString()];
  response.writeHead(answer[0], { 'content-type': 'application/json' }).end(answer[1] || undefined);
});

before(() => {
  server.listen(0);
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/v1`;
});

after(() => server.close());

test('a task is completed in the name of who is logged in', async () => {
  answer = [200, '{"id":"7","title":"milk","done":true}'];
  assert.equal((await new Api(base).as('token').setDone('7', true)).done, true);
  assert.deepEqual(seen, ['PATCH', '/api/v1/tasks/7', 'Bearer token', '{"done":true}']);
});

test('an empty answer is no error', async () => {
  answer = [204, ''];
  assert.equal(await new Api(base, 't').deleteTask('7'), undefined);
});

test('the first message of a conversation names none', async () => {
  answer = [200, '{"conversation_id":"c","reply":"r","mode":"demo","changed":false}'];
  await new Api(base).say('hello', undefined);
  assert.deepEqual(seen[3], '{"message":"hello"}');
  await new Api(base).say('hello', 'c');
  assert.deepEqual(seen[3], '{"message":"hello","conversation_id":"c"}');
});

test('errors are sentences', async () => {
  const api = new Api(base);
  answer = [409, '{"error":"there is an account with this e-mail address already"}'];
  await assert.rejects(api.tasks(), new ApiError(409, 'There is an account with this e-mail address already.'));
  answer = [502, '<html>'];
  await assert.rejects(api.tasks(), new ApiError(502, 'Something went wrong. Please try again.'));
  await assert.rejects(new Api('http://127.0.0.1:1').tasks(), new ApiError(0, 'The server cannot be reached.'));
});

test('a page that was opened elsewhere asks its own server when the configured api is out of reach', async () => {
  answer = [200, '{}'];
  assert.equal(await reachableApi('http://127.0.0.1:1/api/v1', 'http://127.0.0.1:1'), 'http://127.0.0.1:1/api/v1');
  assert.equal(await reachableApi(base, 'http://localhost:3000'), base);
  assert.equal(
    await reachableApi('http://127.0.0.1:1/api/v1', 'http://localhost:3000'),
    'http://localhost:3000/api/v1',
  );
});
