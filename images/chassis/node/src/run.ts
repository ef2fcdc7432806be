/** A service as a process: environment in, JSON lines out, SIGTERM to end it. */

import type { FastifyBaseLogger } from 'fastify';
import { destination, pino, stdTimeFunctions } from 'pino';
import type { Registry } from 'prom-client';
import { choice, type Configuration, ConfigurationError, type Environment, readEnvironment, type Schema } from './environment.js';
import { newRegistry } from './metrics.js';
import { createService, type ServiceOptions, stopSignal } from './service.js';

const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
const OWN = { LOG_LEVEL: choice(LEVELS, { fallback: 'info' }) };

export interface Context<S extends Schema> {
  readonly config: Configuration<S>;
  readonly log: FastifyBaseLogger;
  readonly metrics: Registry;
}

export interface Parts extends Omit<ServiceOptions, 'log' | 'metrics'> {
  /** Called after the last request was answered, in this order, each awaited: stop loops, close connections. */
  readonly close?: readonly (() => Promise<unknown>)[];
}

export interface Definition<S extends Schema> {
  readonly name: string;
  readonly environment: S;
  /** Makes the parts. Must not wait for a dependency: the service starts while they are down. */
  readonly start: (context: Context<S>) => Parts | Promise<Parts>;
  /** Seconds after which a stop that hangs is given up with exit status 1. */
  readonly graceSeconds?: number;
}

/** Runs the service until it is told to stop, then ends the process. */
export async function run<S extends Schema>(definition: Definition<S>): Promise<void> {
  let log = newLog(definition.name, 'info');
  dieLogging(() => log);
  try {
    const config = readEnvironment({ ...OWN, ...definition.environment }, process.env as Environment);
    log = newLog(definition.name, (config as { LOG_LEVEL: string }).LOG_LEVEL);
    await serve(definition, config as Configuration<S>, log);
    process.exit(0);
  } catch (error) {
    if (error instanceof ConfigurationError) log.fatal(`configuration: ${error.message}`);
    else log.fatal({ err: error }, 'cannot go on');
    process.exit(1);
  }
}

async function serve<S extends Schema>(
  definition: Definition<S>,
  config: Configuration<S>,
  log: FastifyBaseLogger,
): Promise<void> {
  const stopped = stopSignal();
  const metrics = newRegistry();
  const { close = [], ...options } = await definition.start({ config, log, metrics });
  const service = await createService({ ...options, log, metrics });
  await service.listen();
  log.info({ signal: await stopped }, 'stopping');
  const grace = definition.graceSeconds ?? 20;
  setTimeout(() => {
    log.fatal(`did not stop within ${grace} s`);
    process.exit(1);
  }, grace * 1000).unref();
  service.drain();
  await service.close();
  for (const step of close) await step();
  log.info('stopped');
}

/** Writes each line before it returns: pino's own choice leaves the last ones out of order, or out, when the process ends. */
export function newLog(name: string, level: string): FastifyBaseLogger {
  return pino(
    {
      level,
      base: { service: name },
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    destination({ dest: 1, sync: true }),
  );
}

function dieLogging(log: () => FastifyBaseLogger): void {
  process.on('uncaughtException', (error) => {
    log().fatal({ err: error }, 'uncaught');
    process.exit(1);
  });
}
