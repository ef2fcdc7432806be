import {
  Counter,
  type FastifyInstance,
  integer,
  type Log,
  optional,
  port,
  type Registry,
  text,
  url,
  type Variable,
} from '@imbricate/chassis';
import { faultVariable, injectFaults } from './faults.js';
import { readRelease, type Release, showRelease } from './release.js';
import { SpanExporter } from './spans.js';
import { traceRequests } from './tracing.js';
import { Upstream } from './upstream.js';

/** What every member of the mesh is told by its environment. */
export const MEMBER = {
  PORT: port(3000),
  METRICS_PORT: port(9090),
  RELEASE_TRACK: text({ fallback: 'stable', maxLength: 40 }),
  OTEL_EXPORTER_OTLP_ENDPOINT: optional(url({ protocols: ['http', 'https'] })),
  FAULT_ERROR_RATE: faultVariable(1),
  FAULT_DELAY_MS: faultVariable(10_000),
};

/** The same for those that ask others. */
export const CALLER = {
  UPSTREAM_TIMEOUT_MS: integer({ fallback: 1000, min: 10, max: 20_000 }),
  UPSTREAM_ATTEMPTS: integer({ fallback: 3, min: 1, max: 10 }),
};

type Values<Schema> = { readonly [Name in keyof Schema]: Schema[Name] extends Variable<infer Value> ? Value : never };

interface MemberOptions {
  /** Where the service's `package.json` is. */
  readonly folder: URL;
  readonly config: Values<typeof MEMBER>;
  readonly log: Log;
  readonly metrics: Registry;
}

/** A service among others: it can be told which release it is, followed in traces, and made to fail. */
export class Member {
  readonly release: Release;
  private readonly options: MemberOptions;
  private readonly spans: SpanExporter | undefined;

  constructor(options: MemberOptions) {
    this.options = options;
    this.release = readRelease(options.folder, options.config.RELEASE_TRACK);
    options.metrics.setDefaultLabels({ service: this.release.service });
    this.spans = this.newExporter(options.config.OTEL_EXPORTER_OTLP_ENDPOINT);
  }

  /** Comes before the service's own routes, so that its hooks are there for all of them. */
  join(app: FastifyInstance): void {
    const { config, log, metrics } = this.options;
    traceRequests(app, this.spans);
    showRelease(app, metrics, this.release);
    injectFaults(app, metrics, log, { errorRate: config.FAULT_ERROR_RATE, delayMs: config.FAULT_DELAY_MS });
  }

  upstream(name: string, address: string, config: Values<typeof CALLER>): Upstream {
    return new Upstream({
      name,
      url: address,
      registry: this.options.metrics,
      spans: this.spans,
      timeoutMs: config.UPSTREAM_TIMEOUT_MS,
      attempts: config.UPSTREAM_ATTEMPTS,
    });
  }

  async leave(): Promise<void> {
    await this.spans?.close();
  }

  private newExporter(endpoint: string | undefined): SpanExporter | undefined {
    if (endpoint === undefined) return undefined;
    const { log, metrics } = this.options;
    const help = 'Spans that the collector did not take';
    const counter = new Counter({ name: 'trace_spans_lost_total', help, registers: [metrics] });
    const lost = (spans: number, reason: string): void => {
      counter.inc(spans);
      log.warn({ spans, reason }, 'spans were lost');
    };
    const { service, version } = this.release;
    return new SpanExporter({ endpoint, service, version, lost });
  }
}
