/** Counts, times and logs requests. What Next does not answer itself goes by the patterns of its routes. */

import { subscribe } from 'node:diagnostics_channel';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Counter, collectDefaultMetrics, Histogram, Registry } from 'prom-client';
import { log } from './log.ts';

const ROUTES: readonly (readonly [RegExp, string])[] = [
  [/^\/$/, '/'],
  [/^\/(health|ready|metrics)$/, '/$1'],
  [/^\/_next\//, '/_next'],
  [/^\/api\/v1\//, '/api/v1'],
];
const PROBES = new Set(['/health', '/ready', '/metrics']);
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** Gives the pattern of a path: paths themselves would be a time series each. */
export function routeOf(path: string): string {
  const found = ROUTES.find(([pattern]) => pattern.test(path));
  return found ? path.replace(new RegExp(`${found[0].source}.*$`), found[1]) : 'unmatched';
}

/** Watches all HTTP servers of this process; gives the registry of what was seen. */
export function watchRequests(): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const note = noting(registry);
  const started = new WeakMap<object, number>();
  subscribe('http.server.request.start', (event) => {
    started.set((event as { request: IncomingMessage }).request, performance.now());
  });
  subscribe('http.server.response.finish', (event) => {
    const { request, response } = event as { request: IncomingMessage; response: ServerResponse };
    note(request, response, (performance.now() - (started.get(request) ?? performance.now())) / 1000);
  });
  return registry;
}

function noting(registry: Registry): (request: IncomingMessage, response: ServerResponse, seconds: number) => void {
  const total = new Counter({
    name: 'http_requests_total',
    help: 'Answered requests.',
    labelNames: ['method', 'route', 'status'],
    registers: [registry],
  });
  const duration = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'Time until the answer was complete.',
    labelNames: ['method', 'route'],
    registers: [registry],
  });
  return (request, response, seconds) => {
    const path = request.url?.split('?', 1)[0] ?? '';
    const method = METHODS.has(request.method ?? '') ? (request.method as string) : 'other';
    const route = routeOf(path);
    total.inc({ method, route, status: response.statusCode });
    duration.observe({ method, route }, seconds);
    const milliseconds = Math.round(seconds * 1000);
    const isProbe = PROBES.has(path) || request.headers['user-agent']?.startsWith('kube-probe/');
    const level = isProbe ? 'debug' : 'info';
    log(level, 'request', { method, path: path.slice(0, 200), status: response.statusCode, milliseconds });
  };
}
