import { setTimeout as pause } from 'node:timers/promises';
import { Counter, type FastifyInstance, HttpError, type Log, type Registry, type Variable } from '@imbricate/chassis';

/** Errors on purpose, for tests of releases: does the analysis see them, and is the bad release taken back? */
export interface Faults {
  /** The share of requests that fail, from 0 to 1. */
  readonly errorRate: number;
  readonly delayMs: number;
}

const UNTOUCHED = /^\/(health|ready|version|metrics)/;

/** A number that is refused unless the environment says that it may have faults: a mistake must not reach users. */
export function faultVariable(largest: number): Variable<number> {
  const parse: Variable<number>['parse'] = (text, environment) => {
    const value = Number(text);
    if (!/^\d+(\.\d+)?$/.test(text) || value > largest) throw new Error(`must be a number from 0 to ${largest}`);
    if (value > 0 && environment.FAULT_INJECTION !== 'allowed') {
      throw new Error('needs FAULT_INJECTION=allowed, which only a development environment may set');
    }
    return value;
  };
  return { parse, fallback: 0 };
}

export function injectFaults(app: FastifyInstance, registry: Registry, log: Log, faults: Faults): void {
  if (faults.errorRate === 0 && faults.delayMs === 0) return;
  const help = 'Requests that failed because FAULT_ERROR_RATE says so';
  const injected = new Counter({ name: 'faults_injected_total', help, registers: [registry] });
  log.warn({ faults }, 'faults are injected');

  app.addHook('preHandler', async (request) => {
    if (UNTOUCHED.test(request.routeOptions.url ?? '/')) return;
    if (faults.delayMs > 0) await pause(faults.delayMs);
    if (Math.random() >= faults.errorRate) return;
    injected.inc();
    throw new HttpError(500, 'this failure is injected: FAULT_ERROR_RATE is set');
  });
}
