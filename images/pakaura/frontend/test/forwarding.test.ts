import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { forward } from '../server/forwarding.ts';

let api = '';
let answer: (request: IncomingMessage, response: ServerResponse) => unknown;
const server = createServer((request, response) => answer(request, response));

before(() => {
  server.listen(0);
  api = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

after(() => server.closeAllConnections());
after(() => server.close());

test('a request arrives with its path, body and token, and nothing else of the browser', async () => {
  let seen: unknown;
  answer = async (request, response) => {
    const { cookie, authorization } = request.headers;
    seen = { method: request.method, url: request.url, body: await text(request), cookie, authorization };
    response.writeHead(429, { 'retry-after': '7', 'set-cookie': 'a=b', 'content-type': 'application/json' }).end('{}');
  };
  const request = new Request('http://localhost:3000/api/v1/tasks/7?status=all', {
    method: 'PATCH',
    body: '{"done":true}',
    headers: { authorization: 'Bearer t', cookie: 'c=d' },
  });
  const forwarded = await forward(request, api);
  assert.deepEqual(seen, {
    method: 'PATCH',
    url: '/api/v1/tasks/7?status=all',
    body: '{"done":true}',
    cookie: undefined,
    authorization: 'Bearer t',
  });
  assert.equal(forwarded.status, 429);
  assert.equal(forwarded.headers.get('retry-after'), '7');
  assert.equal(forwarded.headers.get('set-cookie'), null);
  assert.equal(await forwarded.text(), '{}');
});

test('an empty answer stays one', async () => {
  answer = (_request, response) => response.writeHead(204).end();
  assert.equal((await forward(new Request('http://x/api/v1/tasks/7', { method: 'DELETE' }), api)).status, 204);
});

test('an api that is away or late is said to be', async () => {
  const away = await forward(new Request('http://x/api/v1/tasks'), 'http://127.0.0.1:1');
  assert.deepEqual([away.status, await away.json()], [502, { error: 'the api cannot be reached' }]);
  answer = () => undefined;
  assert.equal((await forward(new Request('http://x/api/v1/tasks'), api, 0.1)).status, 504);
});

test('bodies have a limit', async () => {
  const request = new Request('http://x/api/v1/tasks', { method: 'POST', body: 'x'.repeat(65 * 1024) });
  assert.equal((await forward(request, api)).status, 413);
});
