import { AsyncLocalStorage } from 'node:async_hooks';
import { randomBytes } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

/** Where one piece of work stands in a request that passes through several services (W3C Trace Context). */
export interface Trace {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentId?: string;
  readonly sampled: boolean;
  /** What others wrote into `tracestate`; passed on as it came. */
  readonly state?: string;
  /** The proxy's own id of a request, which has to be passed on for its spans to join ours. */
  readonly requestId?: string;
}

// Version ff is invalid; a later version than 00 may have more fields, of which we know the first four.
const TRACEPARENT = /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const LONGEST_STATE = 512;
const REQUEST_ID = /^[\w.:-]{1,128}$/;

const running = new AsyncLocalStorage<Trace>();

export function startTrace(): Trace {
  return { traceId: randomBytes(16).toString('hex'), spanId: newSpanId(), sampled: true };
}

/** The caller's trace, one step further; a new one if it sent none that can be read. */
export function continueTrace(headers: IncomingHttpHeaders): Trace {
  const requestId = single(headers['x-request-id']);
  const trace = { ...(readParent(headers) ?? startTrace()) };
  return requestId !== undefined && REQUEST_ID.test(requestId) ? { ...trace, requestId } : trace;
}

function readParent(headers: IncomingHttpHeaders): Trace | undefined {
  const found = TRACEPARENT.exec(single(headers.traceparent)?.trim() ?? '');
  const [, version, traceId, parentId, flags, more] = found ?? [];
  if (traceId === undefined || parentId === undefined || flags === undefined) return undefined;
  if (version === '00' && more !== undefined) return undefined;
  const sampled = (Number.parseInt(flags, 16) & 1) === 1;
  const state = single(headers.tracestate);
  const trace = { traceId, parentId, spanId: newSpanId(), sampled };
  return state !== undefined && state.length <= LONGEST_STATE ? { ...trace, state } : trace;
}

export function childOf(trace: Trace): Trace {
  return { ...trace, spanId: newSpanId(), parentId: trace.spanId };
}

/** The headers that carry a trace to the next service. */
export function traceHeaders(trace: Trace): Record<string, string> {
  return {
    traceparent: `00-${trace.traceId}-${trace.spanId}-${trace.sampled ? '01' : '00'}`,
    ...(trace.state === undefined ? {} : { tracestate: trace.state }),
    ...(trace.requestId === undefined ? {} : { 'x-request-id': trace.requestId }),
  };
}

export function withTrace<Result>(trace: Trace, work: () => Result): Result {
  return running.run(trace, work);
}

export function currentTrace(): Trace | undefined {
  return running.getStore();
}

function newSpanId(): string {
  return randomBytes(8).toString('hex');
}

function single(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header.join(',') : header;
}
