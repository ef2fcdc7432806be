/** The kinds of tasks: what each takes, as JSON Schema, and as TypeScript sees it. The worker does them. */

export interface Inputs {
  readonly 'text-statistics': { readonly text: string; readonly words?: number };
  readonly checksum: { readonly text: string; readonly algorithm?: 'sha256' | 'sha384' | 'sha512' };
  readonly 'json-merge': { readonly document: unknown; readonly patch: unknown };
  readonly 'diff-statistics': { readonly diff: string };
  readonly wait: { readonly milliseconds: number };
}

export type Kind = keyof Inputs;

const TEXT = { type: 'string', maxLength: 200_000 } as const;

export const KINDS: Readonly<Record<Kind, { readonly about: string; readonly input: object }>> = {
  'text-statistics': {
    about: 'Counts characters, words, lines and the most frequent words of a text',
    input: object(['text'], { text: TEXT, words: { type: 'integer', minimum: 0, maximum: 50 } }),
  },
  checksum: {
    about: 'Gives the SHA-2 digest of a text',
    input: object(['text'], { text: TEXT, algorithm: { enum: ['sha256', 'sha384', 'sha512'] } }),
  },
  'json-merge': {
    about: 'Applies a JSON merge patch (RFC 7396) to a document',
    input: object(['document', 'patch'], { document: {}, patch: {} }),
  },
  'diff-statistics': {
    about: 'Counts added and removed lines of a unified diff, by file',
    input: object(['diff'], { diff: TEXT }),
  },
  wait: {
    about: 'Waits, as work that takes long does',
    input: object(['milliseconds'], { milliseconds: { type: 'integer', minimum: 0, maximum: 600_000 } }),
  },
};

export const KIND_NAMES = Object.keys(KINDS) as Kind[];

function object(required: readonly string[], properties: Record<string, object>): object {
  return { type: 'object', required, properties, additionalProperties: false };
}
