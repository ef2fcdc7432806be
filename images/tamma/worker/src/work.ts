/** The work itself, by kind: each gives the same result for the same input, so that it may be done twice. */

import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Inputs, Kind } from '@tamma/tasks';
import { diffStatistics } from './diff.js';
import { mergePatch } from './merge.js';
import { textStatistics } from './text.js';

/** A task that cannot be done; its message is for who submitted it. */
export class TaskError extends Error {
  override readonly name = 'TaskError';
}

type Work = { readonly [K in Kind]: (input: Inputs[K], signal: AbortSignal) => unknown };

const WORK: Work = {
  'text-statistics': ({ text, words = 10 }) => textStatistics(text, words),
  checksum: ({ text, algorithm = 'sha256' }) => ({ algorithm, digest: createHash(algorithm).update(text).digest('hex') }),
  'json-merge': ({ document, patch }) => ({ document: mergePatch(document, patch) }),
  'diff-statistics': ({ diff }) => diffStatistics(diff),
  wait: async ({ milliseconds }, signal) => {
    await sleep(milliseconds, undefined, { signal });
    return { milliseconds };
  },
};

/** Does a task. The api has checked the input; a kind may still be one that a newer api knows and this worker does not. */
export async function perform(kind: Kind, input: unknown, signal: AbortSignal): Promise<unknown> {
  const work = WORK[kind] as ((input: unknown, signal: AbortSignal) => unknown) | undefined;
  if (!work) throw new TaskError(`this worker does not know ${kind}`);
  try {
    return await work(input, signal);
  } catch (error) {
    throw error instanceof RangeError ? new TaskError('the input is nested too deeply') : error;
  }
}
