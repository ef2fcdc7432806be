/** The name of a build: the same for the same sources, whenever and wherever it is built. */

import { createHash } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';

const SOURCES = [
  '{app,browser,build,components,server}/**/*.{ts,tsx,css,svg}',
  '{instrumentation,next.config,proxy}.ts',
  'package-lock.json',
];

export function identity(folder: string): string {
  const hash = createHash('sha256');
  for (const file of globSync(SOURCES, { cwd: folder }).sort()) {
    hash
      .update(`${file}\0`)
      .update(readFileSync(`${folder}/${file}`))
      .update('\0');
  }
  return hash.digest('hex').slice(0, 20);
}
