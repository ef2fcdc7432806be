import type { FastifyInstance, FastifyRequest } from '@imbricate/chassis';
import type { Span, SpanSink } from './spans.js';
import { continueTrace, type Trace, withTrace } from './trace.js';

interface Begun {
  readonly trace: Trace;
  readonly startedAt: number;
}

/** Every request runs within its caller's trace: its log lines name it, calls made for it carry it, its span is kept. */
export function traceRequests(app: FastifyInstance, spans?: SpanSink): void {
  const begun = new WeakMap<FastifyRequest, Begun>();

  app.addHook('onRequest', (request, reply, done) => {
    const trace = continueTrace(request.headers);
    begun.set(request, { trace, startedAt: Date.now() });
    request.log = reply.log = request.log.child({ trace_id: trace.traceId, span_id: trace.spanId });
    done();
  });

  // Here and not before: reading a body leaves the context that an earlier hook runs in.
  app.addHook('preHandler', (request, _reply, done) => {
    const found = begun.get(request);
    if (found === undefined) done();
    else withTrace(found.trace, done);
  });

  app.addHook('onResponse', (request, reply, done) => {
    const found = begun.get(request);
    const route = request.routeOptions.url;
    if (found !== undefined && route !== undefined && !route.startsWith('/health')) {
      spans?.record(serverSpan(found, request, route, reply.statusCode));
    }
    done();
  });
}

function serverSpan(begun: Begun, request: FastifyRequest, route: string, status: number): Span {
  return {
    ...begun,
    name: `${request.method} ${route}`,
    kind: 'server',
    endedAt: Date.now(),
    failed: status >= 500,
    attributes: { 'http.request.method': request.method, 'http.route': route, 'http.response.status_code': status },
  };
}
