/** A Fastify instance as every service has it: limits, one log line for each request, errors as JSON, a clean end. */

import Fastify, { type FastifyBaseLogger, type FastifyInstance, type FastifyServerOptions, LogController } from 'fastify';
import { answerErrors } from './errors.js';

const PROBES = new Set(['/health', '/health/live', '/ready', '/health/ready', '/metrics']);
/** Between the last answer and the end of its connection: time for the answer to leave. */
const LINGER_MILLISECONDS = 100;

export interface App {
  readonly app: FastifyInstance;
  /** Takes no more connections and resolves once the requests that run are answered. */
  close(): Promise<void>;
}

export function newApp(log: FastifyBaseLogger, options: FastifyServerOptions = {}): App {
  const app = Fastify({
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true }),
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    bodyLimit: 64 * 1024,
    requestTimeout: 30_000,
    connectionTimeout: 60_000,
    ...options,
  });
  answerErrors(app);
  logRequests(app);
  return { app, close: closing(app) };
}

/** One line for each request, by its path alone: query strings and headers may hold secrets. */
function logRequests(app: FastifyInstance): void {
  app.addHook('onResponse', (request, reply, done) => {
    const route = request.routeOptions.url;
    const line = {
      method: request.method,
      path: request.url.split('?', 1)[0],
      route,
      status: reply.statusCode,
      milliseconds: Math.round(reply.elapsedTime),
    };
    request.log[PROBES.has(route ?? '') ? 'debug' : 'info'](line, 'request');
    done();
  });
}

/**
 * Fastify's close waits for connections, and one that is kept alive or was never used may stay for minutes. So answers
 * end their connection from now on, and when none is left to give, what is still connected is cut.
 */
function closing(app: FastifyInstance): () => Promise<void> {
  let running = 0;
  let isClosing = false;
  let idle = (): void => undefined;
  app.addHook('onRequest', (_request, _reply, done) => {
    running++;
    done();
  });
  app.addHook('onSend', (_request, reply, _payload, done) => {
    if (isClosing) reply.header('connection', 'close');
    done();
  });
  app.addHook('onResponse', (_request, _reply, done) => {
    running--;
    if (running === 0) idle();
    done();
  });
  return async () => {
    isClosing = true;
    const closed = app.close();
    if (running > 0) await new Promise<void>((resolve) => (idle = resolve));
    const cut = setTimeout(() => {
      app.server.closeAllConnections();
    }, LINGER_MILLISECONDS);
    await closed;
    clearTimeout(cut);
  };
}
