import { setTimeout as pause } from 'node:timers/promises';
import { Counter, Histogram, HttpError, type Registry } from '@imbricate/chassis';
import type { SpanSink } from './spans.js';
import { childOf, currentTrace, startTrace, traceHeaders, type Trace } from './trace.js';

export interface UpstreamOptions {
  readonly name: string;
  readonly url: string;
  readonly registry: Registry;
  readonly spans?: SpanSink | undefined;
  readonly timeoutMs?: number;
  readonly attempts?: number;
}

export interface Call {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | readonly string[]>>;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Whether it may be sent again when nobody knows if it arrived. A GET always may. */
  readonly repeatable?: boolean;
}

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;
}

/** Another service did not answer, or not as it should have. */
export class UpstreamError extends HttpError {
  readonly upstream: string;
  readonly reason: string;
  /** Of the reply, if there was one. */
  readonly replied: number | undefined;

  constructor(upstream: string, reason: string, replied?: number) {
    super(502, `${upstream}: ${reason}`);
    this.upstream = upstream;
    this.reason = reason;
    this.replied = replied;
  }
}

const WORTH_ANOTHER_TRY = new Set([429, 502, 503, 504]);
/** Nobody took the connection, so nothing was done: any request may be sent again. */
const NEVER_ARRIVED = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'UND_ERR_CONNECT_TIMEOUT']);
const LARGEST_REPLY = 1024 * 1024;
const FIRST_PAUSE_MS = 50;

/** One other service: every call has a time-out, a few attempts, and the trace of the request it is made for. */
export class Upstream {
  readonly name: string;
  private readonly base: string;
  private readonly timeoutMs: number;
  private readonly attempts: number;
  private readonly spans: SpanSink | undefined;
  private readonly requests: Counter<'upstream' | 'method' | 'status'>;
  private readonly duration: Histogram<'upstream' | 'method'>;

  constructor(options: UpstreamOptions) {
    this.name = options.name;
    this.base = options.url.replace(/\/+$/, '');
    this.timeoutMs = options.timeoutMs ?? 1000;
    this.attempts = options.attempts ?? 3;
    this.spans = options.spans;
    this.requests = requestCounter(options.registry);
    this.duration = durationHistogram(options.registry);
  }

  /** Asks once whether it is alive. */
  readonly check = (): Promise<unknown> => this.attempt({ method: 'GET', path: '/health' });

  /** The reply below 500; everything else, after the last attempt, is an `UpstreamError`. */
  async call(call: Call): Promise<Reply> {
    const repeatable = call.method === 'GET' || call.repeatable === true;
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.attempt(call);
      } catch (error) {
        if (attempt >= this.attempts || !(error instanceof UpstreamError)) throw error;
        if (!NEVER_ARRIVED.has(error.reason) && !(repeatable && mayPass(error))) throw error;
        await pause(FIRST_PAUSE_MS * 2 ** (attempt - 1) * (0.5 + Math.random()));
      }
    }
  }

  private async attempt(call: Call): Promise<Reply> {
    const parent = currentTrace();
    const trace = parent === undefined ? startTrace() : childOf(parent);
    const startedAt = Date.now();
    const stop = this.duration.startTimer({ upstream: this.name, method: call.method });
    let status = 'none';
    try {
      const reply = await this.send(call, trace);
      status = String(reply.status);
      if (reply.status < 500 && !WORTH_ANOTHER_TRY.has(reply.status)) return reply;
      throw new UpstreamError(this.name, `answered ${status}`, reply.status);
    } finally {
      stop();
      this.requests.inc({ upstream: this.name, method: call.method, status });
      this.recordSpan(call, trace, startedAt, status);
    }
  }

  private async send(call: Call, trace: Trace): Promise<Reply> {
    try {
      const response = await fetch(this.target(call), {
        method: call.method,
        headers: { ...json(call.body), ...traceHeaders(trace), ...call.headers },
        ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
        redirect: 'error',
        signal: AbortSignal.timeout(this.timeoutMs),
      });
      const text = await readLimited(response);
      return { status: response.status, headers: response.headers, body: text === '' ? undefined : JSON.parse(text) };
    } catch (error) {
      throw new UpstreamError(this.name, whyItFailed(error, this.timeoutMs));
    }
  }

  private target(call: Call): string {
    const query = new URLSearchParams();
    for (const [name, value] of Object.entries(call.query ?? {})) {
      for (const one of Array.isArray(value) ? (value as string[]) : [String(value)]) query.append(name, one);
    }
    return `${this.base}${call.path}${query.size === 0 ? '' : `?${query.toString()}`}`;
  }

  private recordSpan(call: Call, trace: Trace, startedAt: number, status: string): void {
    this.spans?.record({
      trace,
      name: `${call.method} ${this.name}`,
      kind: 'client',
      startedAt,
      endedAt: Date.now(),
      failed: !/^[1-4]/.test(status),
      attributes: { 'http.request.method': call.method, 'url.path': call.path, 'http.response.status_code': status },
    });
  }
}

async function readLimited(response: Response): Promise<string> {
  let size = 0;
  const parts: Uint8Array[] = [];
  for await (const part of response.body ?? []) {
    const bytes = part as Uint8Array;
    size += bytes.byteLength;
    if (size > LARGEST_REPLY) throw new Error(`its reply is longer than ${LARGEST_REPLY} bytes`);
    parts.push(bytes);
  }
  return Buffer.concat(parts).toString('utf8');
}

function mayPass(error: UpstreamError): boolean {
  return error.replied === undefined || WORTH_ANOTHER_TRY.has(error.replied);
}

function json(body: unknown): Record<string, string> {
  return body === undefined ? {} : { 'content-type': 'application/json' };
}

function whyItFailed(error: unknown, timeoutMs: number): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError') return `no reply within ${timeoutMs} ms`;
  if (error instanceof SyntaxError) return 'its reply is not JSON';
  const cause = error.cause;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : undefined;
  return code ?? error.message;
}

/** One for all upstreams of a process: the registry takes a name only once. */
function requestCounter(registry: Registry): Counter<'upstream' | 'method' | 'status'> {
  const name = 'upstream_requests_total';
  const there = registry.getSingleMetric(name) as Counter<'upstream' | 'method' | 'status'> | undefined;
  const labelNames = ['upstream', 'method', 'status'] as const;
  const help = 'Requests to other services, by the status of the reply; none if there was no reply';
  return there ?? new Counter({ name, help, labelNames, registers: [registry] });
}

function durationHistogram(registry: Registry): Histogram<'upstream' | 'method'> {
  const name = 'upstream_request_duration_seconds';
  const there = registry.getSingleMetric(name) as Histogram<'upstream' | 'method'> | undefined;
  const labelNames = ['upstream', 'method'] as const;
  const help = 'How long other services took to answer';
  const buckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];
  return there ?? new Histogram({ name, help, labelNames, buckets, registers: [registry] });
}
