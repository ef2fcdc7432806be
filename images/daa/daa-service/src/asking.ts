import { randomUUID } from 'node:crypto';
import type { Log } from '@imbricate/chassis';
import { type Answer, compose, rank, type Related } from './answer.js';
import type { AnswerCache } from './cache.js';
import type { Memory, Question } from './memory.js';
import type { Knowledge, PatternFinder } from './neighbours.js';
import { termsOf } from './terms.js';

export interface Asked {
  readonly saved: Question;
  readonly cached: boolean;
  readonly learned: boolean;
  readonly token: string;
}

interface Parts {
  readonly knowledge: Knowledge;
  readonly patterns: PatternFinder;
  readonly memory: Memory;
  readonly cache: AnswerCache;
}

/** From a question to an answer, and what is learned on the way. */
export class Asking {
  private readonly parts: Parts;

  constructor(parts: Parts) {
    this.parts = parts;
  }

  async ask(question: string, agentId: string | undefined, log: Log): Promise<Asked> {
    const recalled = await this.parts.cache.recall(question);
    const answer = recalled ?? (await this.findAnswer(question, log));
    if (recalled === undefined && answer.missing.length === 0) await this.parts.cache.keep(question, answer);
    const id = randomUUID();
    const { saved, token } = await this.parts.memory.save({ id, question, agentId, answer });
    // Who did not answer a moment ago is not waited for once more.
    const isThere = recalled !== undefined || answer.missing.length === 0;
    const learned = isThere && (await this.observe(id, [...termsOf(question), ...answer.topics], log));
    return { saved, cached: recalled !== undefined, learned, token };
  }

  async teach(entry: unknown, log: Log): Promise<{ entry: unknown; learned: boolean; token: string | undefined }> {
    const taught = await this.parts.knowledge.teach(entry);
    await this.parts.cache.outdate(taught.token);
    const { title, topics } = taught.entry as { title: string; topics: string[] };
    const learned = await this.observe(randomUUID(), [...topics, ...termsOf(title)], log);
    return { ...taught, learned };
  }

  /** False if there is no such question, or it has been judged before. */
  async judge(id: string, helpful: boolean): Promise<boolean> {
    const token = await this.parts.memory.judge(id, helpful);
    if (token !== undefined) await this.parts.cache.outdate(token);
    return token !== undefined;
  }

  private async findAnswer(question: string, log: Log): Promise<Answer> {
    const token = await this.parts.cache.newest();
    const [hits, related] = await Promise.all([
      this.parts.knowledge.search(question, token),
      this.relatedTo(question, log),
    ]);
    const ids = hits.map((hit) => hit.id);
    const judgements = ids.length === 0 ? [] : await this.parts.memory.judgements(ids, token);
    return compose(rank(hits, judgements), related ?? [], related === undefined ? [this.parts.patterns.name] : []);
  }

  /** Undefined if nobody could be asked: an answer is worth having without it. */
  private async relatedTo(question: string, log: Log): Promise<readonly Related[] | undefined> {
    try {
      return await this.parts.patterns.related(termsOf(question));
    } catch (error) {
      log.warn({ err: error }, 'answering without patterns');
      return undefined;
    }
  }

  private async observe(id: string, items: readonly string[], log: Log): Promise<boolean> {
    try {
      return await this.parts.patterns.observe(id, items);
    } catch (error) {
      log.warn({ err: error }, 'nothing is learned from this');
      return false;
    }
  }
}
