import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { routeOf, watchRequests } from '../server/requests.ts';

test('a path counts by its pattern', () => {
  const expected = {
    '/': '/',
    '/ready': '/ready',
    '/_next/static/chunks/1.js': '/_next',
    '/api/v1/tasks/7': '/api/v1',
    '/api/v2': 'unmatched',
    '/health/of/somebody': 'unmatched',
    '/readyness': 'unmatched',
  };
  assert.deepEqual(Object.fromEntries(Object.keys(expected).map((path) => [path, routeOf(path)])), expected);
});

test('requests are counted and timed', async (t) => {
  process.env.LOG_LEVEL = 'error';
  const registry = watchRequests();
  const server = createServer((_request, response) => response.writeHead(404).end()).listen(0);
  t.after(() => server.close());
  await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/nowhere?a=b`);
  const text = await registry.metrics();
  assert.match(text, /http_requests_total\{method="GET",route="unmatched",status="404"\} 1/);
  assert.match(text, /http_request_duration_seconds_count\{method="GET",route="unmatched"\} 1/);
  assert.match(text, /process_cpu_seconds_total/);
});
