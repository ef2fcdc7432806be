import assert from 'node:assert/strict';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { createService, HttpError, newLog, newRegistry, type ServiceOptions, unavailable } from '../src/index.js';

async function started(context: TestContext, options: Partial<ServiceOptions> = {}) {
  const service = await createService({ port: 0, host: '127.0.0.1', log: newLog('test', 'silent'), metrics: newRegistry(), ...options });
  context.after(() => service.close());
  return service;
}

test('is alive without asking dependencies, and ready only with them', async (context) => {
  const { app } = await started(context, { checks: { database: () => Promise.reject(new Error('refused')) } });
  assert.equal((await app.inject('/health')).statusCode, 200);
  const ready = await app.inject('/ready');
  assert.equal(ready.statusCode, 503);
  assert.deepEqual(ready.json(), { ready: false, checks: { database: 'refused' } });
});

test('the probes have a second name each', async (context) => {
  const { app } = await started(context, { checks: { database: () => Promise.reject(new Error('refused')) } });
  assert.equal((await app.inject('/health/live')).statusCode, 200);
  assert.equal((await app.inject('/health/ready')).statusCode, 503);
});

test('what a service can do without is shown, and does not make it unready', async (context) => {
  const optionalChecks = { cache: () => Promise.reject(new Error('refused')) };
  const { app } = await started(context, { checks: { database: () => Promise.resolve() }, optionalChecks });
  const ready = await app.inject('/ready');
  assert.equal(ready.statusCode, 200);
  assert.deepEqual(ready.json(), { ready: true, checks: { cache: 'refused', database: 'ok' } });
});

test('a service that is stopping is not ready, but answers', async (context) => {
  const service = await started(context, { routes: (app) => void app.get('/work', () => ({ done: true })) });
  service.drain();
  assert.equal((await service.app.inject('/ready')).statusCode, 503);
  assert.equal((await service.app.inject('/work')).statusCode, 200);
});

test('requests are counted by route pattern, unknown paths together', async (context) => {
  const { app } = await started(context, { routes: (one) => void one.get('/things/:id', () => ({})) });
  for (const path of ['/things/1', '/things/2', '/nowhere/1', '/nowhere/2']) await app.inject(path);
  const metrics = (await app.inject('/metrics')).body;
  assert.match(metrics, /http_requests_total\{method="GET",route="\/things\/:id",status="200"\} 2/);
  assert.match(metrics, /http_requests_total\{method="GET",route="unmatched",status="404"\} 2/);
  assert.match(metrics, /http_request_duration_seconds_count\{method="GET",route="\/things\/:id"\} 2/);
  assert.match(metrics, /process_cpu_seconds_total/);
});

test('metrics move to a port of their own', async (context) => {
  const service = await started(context, { metricsPort: 0 });
  await service.listen();
  assert.ok((service.app.server.address() as AddressInfo).port > 0);
  assert.equal((await service.app.inject('/metrics')).statusCode, 404);
});

test('errors for the client keep their message, others do not', async (context) => {
  const { app } = await started(context, {
    routes: (one) => {
      one.get('/conflict', () => Promise.reject(new HttpError(409, 'is there already')));
      one.get('/away', () => Promise.reject(unavailable('the database', new Error('password=hunter2'))));
      one.get('/bug', () => Promise.reject(new Error('select * from secrets')));
      one.post('/body', { schema: { body: { type: 'object', required: ['kind'] } } }, () => ({}));
    },
  });
  const answer = async (url: string) => {
    const response = await app.inject(url);
    return [response.statusCode, response.json<{ error: string }>().error];
  };
  assert.deepEqual(await answer('/conflict'), [409, 'is there already']);
  assert.deepEqual(await answer('/away'), [503, 'the database is not available']);
  assert.deepEqual(await answer('/bug'), [500, 'internal error']);
  assert.deepEqual(await answer('/nothing'), [404, 'no GET here']);
  const invalid = await app.inject({ method: 'POST', url: '/body', payload: {} });
  assert.deepEqual([invalid.statusCode, invalid.json()], [400, { error: "body must have required property 'kind'" }]);
  const large = await app.inject({ method: 'POST', url: '/body', payload: { kind: 'x'.repeat(70_000) } });
  assert.equal(large.statusCode, 413);
});
