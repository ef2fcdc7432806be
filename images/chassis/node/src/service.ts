/** One HTTP service: its own routes and, beside them, /health, /ready and /metrics. */

import { once } from 'node:events';
import type { FastifyBaseLogger, FastifyInstance, FastifyServerOptions } from 'fastify';
import type { Registry } from 'prom-client';
import { newApp } from './app.js';
import { measureRequests, serveMetrics } from './metrics.js';
import { type Checks, readiness } from './readiness.js';

/** Each probe has two names: the short one, and the one under which many charts look for it. */
const ALIVE = ['/health', '/health/live'];
const READY = ['/ready', '/health/ready'];
const STOPPING = { ready: false, checks: { service: 'is stopping' } };

export interface ServiceOptions {
  readonly port: number;
  /** Serves /metrics on a port of its own instead of `port`. */
  readonly metricsPort?: number;
  readonly host?: string;
  readonly log: FastifyBaseLogger;
  readonly metrics: Registry;
  readonly checks?: Checks;
  /** Shown by /ready, which stays 200 if one of these fails. */
  readonly optionalChecks?: Checks;
  readonly routes?: (app: FastifyInstance) => void | Promise<void>;
  /** What Fastify itself is told, e.g. `bodyLimit` (64 KiB unless told) or `trustProxy`. */
  readonly fastify?: FastifyServerOptions;
}

export interface Service {
  readonly app: FastifyInstance;
  listen(): Promise<void>;
  /** Says "not ready" from now on; requests are still answered. */
  drain(): void;
  /** Takes no more connections and resolves once the requests that run are answered. */
  close(): Promise<void>;
}

export async function createService(options: ServiceOptions): Promise<Service> {
  let draining = false;
  const main = newApp(options.log, options.fastify);
  const { app } = main;
  measureRequests(app, options.metrics);
  for (const path of ALIVE) app.get(path, () => ({ status: 'alive' }));
  for (const path of READY) {
    app.get(path, async (_request, reply) => {
      const state = draining ? STOPPING : await readiness(options.checks ?? {}, 2, options.optionalChecks);
      await reply.code(state.ready ? 200 : 503).send(state);
    });
  }
  const separate = options.metricsPort === undefined ? undefined : newApp(options.log);
  serveMetrics(separate?.app ?? app, options.metrics);
  await options.routes?.(app);
  const host = options.host ?? '0.0.0.0';
  return {
    app,
    listen: async () => {
      await app.listen({ host, port: options.port });
      await separate?.app.listen({ host, port: options.metricsPort ?? 0 });
    },
    drain: () => {
      draining = true;
    },
    close: async () => {
      await Promise.all([main.close(), separate?.close()]);
    },
  };
}

/** Resolves once the process is told to stop. */
export async function stopSignal(): Promise<string> {
  const controller = new AbortController();
  const signals = ['SIGTERM', 'SIGINT'] as const;
  const first = signals.map(async (signal) => {
    await once(process, signal, { signal: controller.signal });
    return signal;
  });
  for (const waiting of first) waiting.catch(() => undefined);
  const signal = await Promise.race(first);
  controller.abort();
  return signal;
}
