export * from './environment.js';
export * from './errors.js';
export * from './metrics.js';
export * from './readiness.js';
export * from './run.js';
export * from './service.js';
export type { FastifyBaseLogger as Log, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
export { Counter, Gauge, Histogram, Registry } from 'prom-client';
