/** The one registry of the process. Next bundles each route apart, so that a module's own variable would not be one. */

import type { Registry } from 'prom-client';

const KEY = Symbol.for('pakaura.metrics');
const holder = globalThis as { [KEY]?: Registry };

export function keepRegistry(registry: Registry): void {
  holder[KEY] = registry;
}

export function registry(): Registry | undefined {
  return holder[KEY];
}
