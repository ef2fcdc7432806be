/** Statistics of a text. */

export interface TextStatistics {
  /** Code points, not bytes. */
  readonly characters: number;
  readonly words: number;
  readonly lines: number;
  readonly mostFrequent: readonly { readonly word: string; readonly count: number }[];
}

export function textStatistics(text: string, most: number): TextStatistics {
  const words = text.toLowerCase().match(/[\p{L}\p{N}](?:[\p{L}\p{N}\p{M}'’_-]*[\p{L}\p{N}\p{M}])?/gu) ?? [];
  return {
    characters: Array.from(text).length,
    words: words.length,
    lines: text === '' ? 0 : text.replace(/\r?\n$/, '').split(/\r?\n/).length,
    mostFrequent: mostFrequent(words, most),
  };
}

/** Gives the words that occur most; of equally frequent ones, the first by code units. */
function mostFrequent(words: readonly string[], most: number): TextStatistics['mostFrequent'] {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return [...counts]
    .map(([word, count]) => ({ word, count }))
    .sort((a, b) => b.count - a.count || (a.word < b.word ? -1 : 1))
    .slice(0, most);
}
