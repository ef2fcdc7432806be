import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { test } from 'node:test';
import { Registry } from '@imbricate/chassis';
import { startTrace, Upstream, UpstreamError, withTrace } from '../src/index.js';
import { json, serve } from './server.js';

function upstream(url: string, registry = new Registry()): Upstream {
  return new Upstream({ name: 'neighbour', url, registry, timeoutMs: 150, attempts: 3 });
}

test('a reply comes with its status, headers and body', async (context) => {
  const { url, requests } = await serve(context, (_request, response) => {
    response.setHeader('consistency-token', '0/1');
    json(response, 200, { found: 1 });
  });
  const reply = await upstream(`${url}/`).call({ method: 'GET', path: '/search', query: { q: 'a b', item: ['x', 'y'] } });
  assert.deepEqual([reply.status, reply.body, reply.headers.get('consistency-token')], [200, { found: 1 }, '0/1']);
  assert.equal(requests[0]?.url, '/search?q=a+b&item=x&item=y');
});

test('a read is tried again until it is answered', async (context) => {
  const { url, requests } = await serve(context, (_request, response, number) => {
    json(response, number < 3 ? 503 : 200, {});
  });
  assert.equal((await upstream(url).call({ method: 'GET', path: '/' })).status, 200);
  assert.equal(requests.length, 3);
});

test('a write is not sent again, unless it may be', async (context) => {
  const { url, requests } = await serve(context, (_request, response) => {
    json(response, 503, {});
  });
  const write = { method: 'POST', path: '/', body: {} } as const;
  await assert.rejects(upstream(url).call(write), { replied: 503 });
  assert.equal(requests.length, 1);
  await assert.rejects(upstream(url).call({ ...write, repeatable: true }), { replied: 503 });
  assert.equal(requests.length, 4);
});

test('a failure of the other side is no reason to ask again, and what it refuses is a reply', async (context) => {
  const { url, requests } = await serve(context, (request, response) => {
    json(response, request.url === '/bug' ? 500 : 404, { error: 'there is none' });
  });
  await assert.rejects(upstream(url).call({ method: 'GET', path: '/bug' }), { replied: 500, statusCode: 502 });
  assert.equal((await upstream(url).call({ method: 'GET', path: '/none' })).status, 404);
  assert.equal(requests.length, 2);
});

test('who does not answer in time is given up', async (context) => {
  const { url, requests } = await serve(context, () => undefined);
  const began = Date.now();
  await assert.rejects(upstream(url).call({ method: 'GET', path: '/' }), /no reply within 150 ms/);
  assert.equal(requests.length, 3);
  assert.ok(Date.now() - began < 2000);
});

test('what nobody has taken is sent again, a write too', async () => {
  const closed = createServer().listen(0, '127.0.0.1');
  await once(closed, 'listening');
  const { port } = closed.address() as AddressInfo;
  closed.close();
  await once(closed, 'close');
  const registry = new Registry();
  await assert.rejects(
    upstream(`http://127.0.0.1:${port}`, registry).call({ method: 'POST', path: '/', body: {} }),
    (error) => error instanceof UpstreamError && error.statusCode === 502 && error.reason === 'ECONNREFUSED',
  );
  const count = await registry.getSingleMetricAsString('upstream_requests_total');
  assert.match(count, /upstream="neighbour",method="POST",status="none"\} 3/);
});

test('replies that are endless or no JSON are refused', async (context) => {
  const { url } = await serve(context, (request, response) => {
    response.end(request.url === '/long' ? 'x'.repeat(2 * 1024 * 1024) : '<html>');
  });
  await assert.rejects(upstream(url).call({ method: 'POST', path: '/long', body: {} }), /longer than 1048576 bytes/);
  await assert.rejects(upstream(url).call({ method: 'POST', path: '/html', body: {} }), /not JSON/);
});

test('every call carries the trace it is made for, in a span of its own', async (context) => {
  const { url, requests } = await serve(context, (_request, response) => {
    json(response, 200, {});
  });
  const trace = { ...startTrace(), state: 'vendor=1' };
  await withTrace(trace, () => upstream(url).call({ method: 'GET', path: '/' }));
  const [, traceId, spanId] = String(requests[0]?.headers.traceparent).split('-');
  assert.equal(traceId, trace.traceId);
  assert.notEqual(spanId, trace.spanId);
  assert.equal(requests[0]?.headers.tracestate, 'vendor=1');
});
