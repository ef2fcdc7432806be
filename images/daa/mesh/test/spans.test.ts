import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { test } from 'node:test';
import { type Span, SpanExporter, startTrace } from '../src/index.js';
import { json, serve } from './server.js';

const span = (sampled = true): Span => ({
  trace: { ...startTrace(), parentId: '00f067aa0ba902b7', sampled },
  name: 'GET /search',
  kind: 'server',
  startedAt: 1_700_000_000_123,
  endedAt: 1_700_000_000_456,
  failed: true,
  attributes: { 'http.route': '/search', 'http.response.status_code': 500 },
});

const unexpected = (_spans: number, why: string): never => assert.fail(why);

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const part of request) body += String(part);
  return body;
}

test('spans arrive at the collector as OTLP says, all of them when the service ends', async (context) => {
  const bodies: string[] = [];
  const { url, requests } = await serve(context, (request, response) => {
    void bodyOf(request).then((body) => {
      bodies.push(body);
      json(response, 200, {});
    });
  });
  const exporter = new SpanExporter({ endpoint: `${url}/`, service: 'shop', version: '1.2.3', lost: unexpected });
  const recorded = span();
  exporter.record(recorded);
  exporter.record(span(false));
  await exporter.close();

  assert.equal(requests[0]?.url, '/v1/traces');
  const { resourceSpans } = JSON.parse(bodies[0]!) as { resourceSpans: [Record<string, never>] };
  assert.deepEqual(resourceSpans[0].resource, {
    attributes: [
      { key: 'service.name', value: { stringValue: 'shop' } },
      { key: 'service.version', value: { stringValue: '1.2.3' } },
    ],
  });
  assert.deepEqual(resourceSpans[0].scopeSpans, [
    {
      scope: { name: 'shop' },
      spans: [
        {
          traceId: recorded.trace.traceId,
          spanId: recorded.trace.spanId,
          parentSpanId: '00f067aa0ba902b7',
          name: 'GET /search',
          kind: 2,
          startTimeUnixNano: '1700000000123000000',
          endTimeUnixNano: '1700000000456000000',
          attributes: [
            { key: 'http.route', value: { stringValue: '/search' } },
            { key: 'http.response.status_code', value: { intValue: '500' } },
          ],
          status: { code: 2 },
        },
      ],
    },
  ]);
});

test('a collector that is away or refuses costs spans, and nothing else', async (context) => {
  const { url } = await serve(context, (_request, response) => {
    json(response, 429, {});
  });
  for (const endpoint of [url, 'http://127.0.0.1:1']) {
    const losses: number[] = [];
    const exporter = new SpanExporter({ endpoint, service: 's', version: '1', lost: (spans) => losses.push(spans) });
    exporter.record(span());
    exporter.record(span());
    await exporter.close();
    assert.deepEqual(losses, [2]);
  }
});

test('spans are sent from time to time', async (context) => {
  const { url, requests } = await serve(context, (_request, response) => {
    json(response, 200, {});
  });
  const exporter = new SpanExporter({ endpoint: url, service: 's', version: '1', lost: unexpected, everyMs: 10 });
  exporter.record(span());
  for (let waited = 0; requests.length === 0 && waited < 100; waited++) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assert.equal(requests.length, 1);
  await exporter.close();
});
