import { unavailable } from '@imbricate/chassis';
import type { Redis } from '@imbricate/chassis/redis';
import { OBSERVE } from './observe.js';

export interface Counted {
  readonly item: string;
  readonly count: number;
}

/** Two items that are seen together. */
export interface Pattern {
  readonly items: readonly [string, string];
  readonly count: number;
  /** The share of all observations that have both. */
  readonly support: number;
  /** How many times as often together as by chance. */
  readonly lift: number;
}

export interface Related {
  readonly item: string;
  /** How likely it is seen where what was asked for is, from 0 to 1. */
  readonly score: number;
}

const KEY = {
  seen: (id: string): string => `pattern:seen:${id}`,
  observations: 'pattern:observations',
  items: 'pattern:items',
  pairs: 'pattern:pairs',
  related: 'pattern:related:',
};
const DAY = 24 * 60 * 60;
const KEEP = { markSeconds: DAY, relatedSeconds: 90 * DAY, items: 10_000, pairs: 50_000, neighbours: 200 };
const NEIGHBOURS_ASKED = 50;

/** What is seen together how often, in Redis. */
export class Patterns {
  private readonly client: Redis['client'];

  constructor(redis: Redis) {
    this.client = redis.client;
  }

  /** Whether it was new: the same id is counted once. */
  async observe(id: string, items: readonly string[]): Promise<boolean> {
    const { markSeconds, relatedSeconds, items: mostItems, pairs, neighbours } = KEEP;
    const limits = [markSeconds, relatedSeconds, mostItems, pairs, neighbours].map(String);
    const noted = await this.ask((client) =>
      client.eval(OBSERVE, {
        keys: [KEY.seen(id), KEY.observations, KEY.items, KEY.pairs, KEY.related],
        arguments: [...limits, ...[...items].sort()],
      }),
    );
    return noted === 1;
  }

  async mostFrequent(limit: number): Promise<Counted[]> {
    const found = await this.ask((client) => client.zRangeWithScores(KEY.items, 0, limit - 1, { REV: true }));
    return found.map(({ value, score }) => ({ item: value, count: score }));
  }

  async strongest(limit: number): Promise<{ observations: number; patterns: Pattern[] }> {
    const pairs = await this.ask((client) => client.zRangeWithScores(KEY.pairs, 0, limit - 1, { REV: true }));
    const observations = await this.observations();
    const items = [...new Set(pairs.flatMap(({ value }) => split(value)))];
    const counts = await this.countsOf(items);
    const patterns = pairs.map(({ value, score }) => pattern(split(value), score, observations, counts));
    return { observations, patterns };
  }

  async related(items: readonly string[], limit: number): Promise<Related[]> {
    const counts = await this.countsOf(items);
    const neighbours = await Promise.all(items.map(async (item) => this.neighboursOf(item)));
    return combine(items, neighbours, counts).slice(0, limit);
  }

  private async observations(): Promise<number> {
    return Number((await this.ask((client) => client.get(KEY.observations))) ?? 0);
  }

  private async countsOf(items: readonly string[]): Promise<Map<string, number>> {
    if (items.length === 0) return new Map();
    const scores = await this.ask((client) => client.zmScore(KEY.items, [...items]));
    return new Map(items.map((item, index) => [item, scores[index] ?? 0]));
  }

  private async neighboursOf(item: string): Promise<Counted[]> {
    const key = KEY.related + item;
    const found = await this.ask((client) => client.zRangeWithScores(key, 0, NEIGHBOURS_ASKED - 1, { REV: true }));
    return found.map(({ value, score }) => ({ item: value, count: score }));
  }

  private async ask<Reply>(command: (client: Redis['client']) => Promise<Reply>): Promise<Reply> {
    try {
      return await command(this.client);
    } catch (error) {
      throw unavailable('redis', error);
    }
  }
}

export function pattern(
  items: readonly [string, string],
  count: number,
  observations: number,
  counts: ReadonlyMap<string, number>,
): Pattern {
  const [first, second] = items.map((item) => counts.get(item) ?? 0) as [number, number];
  const byChance = (first * second) / observations;
  return { items, count, support: round(count / observations), lift: byChance > 0 ? round(count / byChance) : 0 };
}

/** Of several items asked for, each may bring a neighbour about on its own: 1 - (1 - p)(1 - q) … */
export function combine(
  asked: readonly string[],
  neighbours: readonly (readonly Counted[])[],
  counts: ReadonlyMap<string, number>,
): Related[] {
  const absent = new Map<string, number>();
  asked.forEach((item, index) => {
    const seen = counts.get(item) ?? 0;
    for (const { item: neighbour, count } of neighbours[index] ?? []) {
      if (asked.includes(neighbour) || seen === 0) continue;
      absent.set(neighbour, (absent.get(neighbour) ?? 1) * (1 - Math.min(count / seen, 1)));
    }
  });
  const related = [...absent].map(([item, share]) => ({ item, score: round(1 - share) }));
  return related.sort((a, b) => b.score - a.score || a.item.localeCompare(b.item, 'en'));
}

/** Items have no | in them. */
function split(pair: string): [string, string] {
  const [first = '', second = ''] = pair.split('|');
  return [first, second];
}

function round(value: number): number {
  return Math.round(value * 10_000) / 10_000;
}
