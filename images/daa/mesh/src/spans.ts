import type { Trace } from './trace.js';

/** One finished piece of work, as it is shown in Jaeger or whatever else takes OpenTelemetry's protocol. */
export interface Span {
  readonly trace: Trace;
  readonly name: string;
  readonly kind: 'server' | 'client';
  readonly startedAt: number;
  readonly endedAt: number;
  readonly failed: boolean;
  readonly attributes: Readonly<Record<string, string | number>>;
}

export interface SpanSink {
  record(span: Span): void;
  close(): Promise<void>;
}

export interface ExportOptions {
  readonly endpoint: string;
  readonly service: string;
  readonly version: string;
  /** Told when spans were lost, with how many and why. */
  readonly lost: (spans: number, why: string) => void;
  readonly everyMs?: number;
  readonly timeoutMs?: number;
}

const KIND = { server: 2, client: 3 };
const ERROR = 2;
const LARGEST_BATCH = 512;
const LARGEST_QUEUE = 2048;

/** Sends spans by OTLP over HTTP as JSON, in batches; loses them rather than slow a request down. */
export class SpanExporter implements SpanSink {
  private queue: Span[] = [];
  private sending: Promise<void> = Promise.resolve();
  private readonly options: ExportOptions;
  private readonly timer: NodeJS.Timeout;
  private readonly url: URL;

  constructor(options: ExportOptions) {
    this.options = options;
    this.url = new URL(`${options.endpoint.replace(/\/+$/, '')}/v1/traces`);
    this.timer = setInterval(() => void this.flush(), options.everyMs ?? 5000).unref();
  }

  record(span: Span): void {
    if (!span.trace.sampled) return;
    if (this.queue.length >= LARGEST_QUEUE) {
      this.options.lost(1, 'the queue is full');
      return;
    }
    this.queue.push(span);
    if (this.queue.length === LARGEST_BATCH) void this.flush();
  }

  async close(): Promise<void> {
    clearInterval(this.timer);
    await this.flush();
  }

  private flush(): Promise<void> {
    this.sending = this.sending.then(() => this.send(this.queue.splice(0, LARGEST_BATCH)));
    return this.sending;
  }

  private async send(spans: readonly Span[]): Promise<void> {
    if (spans.length === 0) return;
    try {
      const response = await fetch(this.url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(this.payload(spans)),
        signal: AbortSignal.timeout(this.options.timeoutMs ?? 3000),
      });
      await response.arrayBuffer();
      if (!response.ok) this.options.lost(spans.length, `the collector answered ${response.status}`);
    } catch (error) {
      this.options.lost(spans.length, error instanceof Error ? error.message : String(error));
    }
  }

  private payload(spans: readonly Span[]): unknown {
    const resource = { 'service.name': this.options.service, 'service.version': this.options.version };
    return {
      resourceSpans: [
        {
          resource: { attributes: attributes(resource) },
          scopeSpans: [{ scope: { name: this.options.service }, spans: spans.map(encode) }],
        },
      ],
    };
  }
}

function encode(span: Span): unknown {
  return {
    traceId: span.trace.traceId,
    spanId: span.trace.spanId,
    ...(span.trace.parentId === undefined ? {} : { parentSpanId: span.trace.parentId }),
    ...(span.trace.state === undefined ? {} : { traceState: span.trace.state }),
    name: span.name,
    kind: KIND[span.kind],
    startTimeUnixNano: nanoseconds(span.startedAt),
    endTimeUnixNano: nanoseconds(span.endedAt),
    attributes: attributes(span.attributes),
    status: span.failed ? { code: ERROR } : {},
  };
}

function attributes(values: Readonly<Record<string, string | number>>): unknown[] {
  return Object.entries(values).map(([key, value]) => ({
    key,
    value: typeof value === 'string' ? { stringValue: value } : { intValue: String(value) },
  }));
}

/** As text: nanoseconds since 1970 are more than a JavaScript number can hold. */
function nanoseconds(milliseconds: number): string {
  return String(BigInt(Math.round(milliseconds * 1000)) * 1000n);
}
