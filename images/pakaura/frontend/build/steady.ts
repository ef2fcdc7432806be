/**
 * Makes two builds of the same sources equal: Next puts random keys into each (for previews and for actions on the
 * server, of which this page has none); here they become a function of the sources.
 */

import { createHash } from 'node:crypto';
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { identity } from './identity.ts';

const folder = `${import.meta.dirname}/..`;
const build = `${folder}/.next`;

const { preview } = read(`${build}/prerender-manifest.json`) as { preview: Record<string, string> };
const actions = read(`${build}/server/server-reference-manifest.json`) as { encryptionKey: string };
const random = [...Object.values(preview), actions.encryptionKey];
const steady = random.map((key, place) => replacement(key, `${identity(folder)} ${place}`));

// What begins with a dot is not matched by **.
const files = ['', '/standalone/.next'].map((part) => `${build}${part}/**/*.{js,json,html,rsc,meta}`);
for (const file of globSync(files, { withFileTypes: true })) {
  if (file.isFile()) replaceKeys(`${file.parentPath}/${file.name}`);
}

function replaceKeys(path: string): void {
  const text = readFileSync(path, 'utf8');
  const changed = random.reduce((kept, key, place) => kept.replaceAll(key, steady[place] ?? ''), text);
  if (changed !== text) writeFileSync(path, changed);
}

function read(path: string): unknown {
  return JSON.parse(readFileSync(path, 'utf8'));
}

/** Gives a key of the same form: hexadecimal digits, or 32 bytes in base 64. */
function replacement(key: string, seed: string): string {
  const hash = createHash('sha256').update(seed);
  return key.endsWith('=') ? hash.digest('base64') : hash.digest('hex').slice(0, key.length);
}
