/** Log lines: one JSON object each, on stdout. Next writes with `console`, which ends up here too. */

import { format, stripVTControlCharacters } from 'node:util';

const RANKS = { debug: 0, info: 1, warning: 2, error: 3 };
export type Level = keyof typeof RANKS;

export function log(level: Level, message: string, fields: Readonly<Record<string, unknown>> = {}): void {
  const least = RANKS[(process.env.LOG_LEVEL || 'info') as Level] ?? RANKS.info;
  if (RANKS[level] < least) return;
  const line = { time: new Date().toISOString(), level, service: 'pakaura-frontend', message, ...fields };
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

/** Makes log lines of what is written with `console`. */
export function takeConsole(): void {
  const levels = { debug: 'debug', log: 'info', info: 'info', warn: 'warning', error: 'error' } as const;
  for (const [method, level] of Object.entries(levels)) {
    console[method as keyof typeof levels] = (...values: unknown[]) => {
      const message = stripVTControlCharacters(format(...values)).trim();
      if (message) log(level, message);
    };
  }
}
