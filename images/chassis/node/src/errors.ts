/** Errors that a client may read, and the one way in which every error is answered. */

import type { FastifyError, FastifyInstance } from 'fastify';

/** An error whose message is for the client. */
export class HttpError extends Error {
  override readonly name = 'HttpError';
  readonly statusCode: number;

  constructor(statusCode: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.statusCode = statusCode;
  }
}

/** A dependency does not answer: 503, and the client may try again. */
export function unavailable(what: string, cause: unknown): HttpError {
  return new HttpError(503, `${what} is not available`, { cause });
}

/** Answers errors as `{"error": "…"}`; what is not for the client is logged and answered as `internal error`. */
export function answerErrors(app: FastifyInstance): void {
  app.setErrorHandler(async (error: FastifyError | HttpError, request, reply) => {
    const status = error.statusCode ?? 500;
    const isOurs = status < 500 || error instanceof HttpError;
    if (status >= 500) request.log.error({ err: error }, 'request failed');
    await reply.code(status).send({ error: isOurs ? error.message : 'internal error' });
  });
  app.setNotFoundHandler(async (request, reply) => {
    await reply.code(404).send({ error: `no ${request.method} here` });
  });
}
