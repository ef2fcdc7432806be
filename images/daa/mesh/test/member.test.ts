import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { createService, type Environment, type FastifyInstance, newLog, newRegistry, readEnvironment } from '@imbricate/chassis';
import { currentTrace, Member, MEMBER } from '../src/index.js';

const FOLDER = new URL('../../', import.meta.url);
const TRACEPARENT = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';

async function started(context: TestContext, environment: Environment = {}): Promise<FastifyInstance> {
  const log = newLog('test', 'silent');
  const metrics = newRegistry();
  const member = new Member({ folder: FOLDER, config: readEnvironment(MEMBER, environment), log, metrics });
  const routes = (app: FastifyInstance): void => {
    member.join(app);
    app.post('/echo', () => ({ trace: currentTrace() }));
  };
  const service = await createService({ port: 0, log, metrics, routes });
  context.after(() => service.close());
  return service.app;
}

test('says which release it is, in a path, in each reply and as a metric', async (context) => {
  const app = await started(context, { RELEASE_TRACK: 'canary' });
  const response = await app.inject('/version');
  assert.deepEqual(response.json(), { service: 'mesh', version: '1.0.0', build: 'source', track: 'canary' });
  assert.equal(response.headers['x-version'], 'mesh/1.0.0+source');
  assert.equal((await app.inject('/nowhere')).headers['x-track'], 'canary');
  const metrics = (await app.inject('/metrics')).body;
  assert.match(metrics, /build_info\{version="1.0.0",build="source",track="canary",service="mesh"\} 1/);
});

test('metrics name the service, as dashboards ask for it', async (context) => {
  const app = await started(context);
  await app.inject('/version');
  const metrics = (await app.inject('/metrics')).body;
  assert.match(metrics, /http_requests_total\{method="GET",route="\/version",status="200",service="mesh"\} 1/);
  assert.match(metrics, /http_request_duration_seconds_bucket\{le="0.005",service="mesh",method="GET",route="\/version"\}/);
});

test('a request with a body is handled within the trace of its caller', async (context) => {
  const app = await started(context);
  const headers = { traceparent: TRACEPARENT };
  const { trace } = (await app.inject({ method: 'POST', url: '/echo', headers, payload: { a: 1 } })).json<{
    trace: { traceId: string; parentId: string };
  }>();
  assert.equal(trace.traceId, TRACEPARENT.split('-')[1]);
  assert.equal(trace.parentId, TRACEPARENT.split('-')[2]);
});

test('faults are refused where the environment does not allow them', () => {
  assert.throws(() => readEnvironment(MEMBER, { FAULT_ERROR_RATE: '0.5' }), /FAULT_ERROR_RATE needs FAULT_INJECTION=allowed/);
  assert.throws(() => readEnvironment(MEMBER, { FAULT_ERROR_RATE: '1.5', FAULT_INJECTION: 'allowed' }), /from 0 to 1/);
  assert.throws(() => readEnvironment(MEMBER, { FAULT_DELAY_MS: '-1', FAULT_INJECTION: 'allowed' }), /from 0 to 10000/);
  assert.equal(readEnvironment(MEMBER, { FAULT_ERROR_RATE: '0' }).FAULT_ERROR_RATE, 0);
});

test('faults are counted as errors, and leave probes alone', async (context) => {
  const app = await started(context, { FAULT_ERROR_RATE: '1', FAULT_INJECTION: 'allowed' });
  assert.equal((await app.inject({ method: 'POST', url: '/echo' })).statusCode, 500);
  for (const path of ['/health/live', '/health/ready', '/version']) assert.equal((await app.inject(path)).statusCode, 200);
  const metrics = (await app.inject('/metrics')).body;
  assert.match(metrics, /http_requests_total\{method="POST",route="\/echo",status="500",service="mesh"\} 1/);
  assert.match(metrics, /faults_injected_total\{service="mesh"\} 1/);
});

test('faults may only be slow', async (context) => {
  const app = await started(context, { FAULT_DELAY_MS: '60', FAULT_INJECTION: 'allowed' });
  const began = Date.now();
  assert.equal((await app.inject({ method: 'POST', url: '/echo' })).statusCode, 200);
  assert.ok(Date.now() - began >= 55);
});
