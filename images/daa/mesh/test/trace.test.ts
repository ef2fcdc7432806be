import assert from 'node:assert/strict';
import { test } from 'node:test';
import { childOf, continueTrace, currentTrace, startTrace, traceHeaders, withTrace } from '../src/index.js';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';

test('a caller’s trace goes on, one span further', () => {
  const trace = continueTrace({ traceparent: `00-${TRACE}-${SPAN}-01` });
  assert.equal(trace.traceId, TRACE);
  assert.equal(trace.parentId, SPAN);
  assert.match(trace.spanId, /^[0-9a-f]{16}$/);
  assert.notEqual(trace.spanId, SPAN);
  assert.equal(trace.sampled, true);
});

test('what the caller decided about sampling is kept', () => {
  const trace = continueTrace({ traceparent: `00-${TRACE}-${SPAN}-00` });
  assert.equal(trace.sampled, false);
  assert.match(traceHeaders(trace).traceparent!, /-00$/);
});

test('a trace that cannot be read is replaced by a new one', () => {
  const wrong = [
    '',
    'nonsense',
    `ff-${TRACE}-${SPAN}-01`,
    `00-${'0'.repeat(32)}-${SPAN}-01`,
    `00-${TRACE}-${'0'.repeat(16)}-01`,
    `00-${TRACE.toUpperCase()}-${SPAN}-01`,
    `00-${TRACE}-${SPAN}-01-more`,
  ];
  for (const traceparent of wrong) {
    const trace = continueTrace({ traceparent });
    assert.notEqual(trace.traceId, TRACE, traceparent);
    assert.equal(trace.parentId, undefined);
  }
});

test('a later version is read as far as it is known', () => {
  assert.equal(continueTrace({ traceparent: `01-${TRACE}-${SPAN}-01-more` }).traceId, TRACE);
});

test('state and request id are passed on as they came, unless they are too long', () => {
  const traceparent = `00-${TRACE}-${SPAN}-01`;
  const headers = traceHeaders(continueTrace({ traceparent, tracestate: 'a=1,b=2', 'x-request-id': 'abc-1' }));
  assert.equal(headers.tracestate, 'a=1,b=2');
  assert.equal(headers['x-request-id'], 'abc-1');
  const long = traceHeaders(continueTrace({ traceparent, tracestate: 'x'.repeat(513), 'x-request-id': 'x'.repeat(129) }));
  assert.deepEqual(Object.keys(long), ['traceparent']);
});

test('a child has a span of its own below its parent', () => {
  const parent = startTrace();
  const child = childOf(parent);
  assert.equal(child.traceId, parent.traceId);
  assert.equal(child.parentId, parent.spanId);
  assert.notEqual(child.spanId, parent.spanId);
});

test('work knows the trace it belongs to, also after waiting', async () => {
  const trace = startTrace();
  assert.equal(currentTrace(), undefined);
  await withTrace(trace, async () => {
    await new Promise((resolve) => setTimeout(resolve, 1));
    assert.equal(currentTrace(), trace);
  });
});
