/** What is answered, and how it is put together from what the other services know. */

export interface Hit {
  readonly id: string;
  readonly title: string;
  readonly topics: readonly string[];
  readonly score: number;
  readonly excerpt: string;
}

export interface Related {
  readonly item: string;
  readonly score: number;
}

export interface Source {
  readonly id: string;
  readonly title: string;
  readonly score: number;
}

export interface Answer {
  /** Null if nothing is known. */
  readonly answer: string | null;
  /** From 0 to 1. */
  readonly confidence: number;
  readonly sources: readonly Source[];
  readonly topics: readonly string[];
  readonly related: readonly Related[];
  /** The services that could not be asked. */
  readonly missing: readonly string[];
}

/** How often an entry was of help. */
export interface Judgement extends Record<string, unknown> {
  readonly entryId: string;
  readonly helpful: number;
  readonly unhelpful: number;
}

const MOST_SOURCES = 5;
const MOST_TOPICS = 10;

/** Entries that were of help come first: twice the score for one that always was, none for one that never was. */
export function rank(hits: readonly Hit[], judgements: readonly Judgement[]): Hit[] {
  const weights = new Map(judgements.map((judgement) => [judgement.entryId, weight(judgement)]));
  const weighted = hits.map((hit) => ({ ...hit, score: Math.min(hit.score * (weights.get(hit.id) ?? 1), 1) }));
  return weighted.sort((a, b) => b.score - a.score);
}

/** As if there had been one of each before the first judgement, so that one alone does not decide. */
function weight({ helpful, unhelpful }: Judgement): number {
  return (2 * (helpful + 1)) / (helpful + unhelpful + 2);
}

export function compose(ranked: readonly Hit[], related: readonly Related[], missing: readonly string[]): Answer {
  const best = ranked.slice(0, MOST_SOURCES);
  return {
    answer: best[0]?.excerpt ?? null,
    confidence: best[0]?.score ?? 0,
    sources: best.map(({ id, title, score }) => ({ id, title, score })),
    topics: [...new Set(best.flatMap(({ topics }) => topics))].slice(0, MOST_TOPICS),
    related,
    missing,
  };
}
