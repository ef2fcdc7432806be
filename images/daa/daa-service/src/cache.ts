import { createHash } from 'node:crypto';
import { Counter, type Log, type Registry } from '@imbricate/chassis';
import type { Redis } from '@imbricate/chassis/redis';
import type { Answer } from './answer.js';
import { normalised } from './terms.js';

const GENERATION = 'daa:generation';
const TOKEN = 'daa:token';
/** By then, the replicas have replayed a write. */
const TOKEN_SECONDS = 60;

interface CacheOptions {
  readonly redis: Redis;
  readonly seconds: number;
  readonly log: Log;
  readonly metrics: Registry;
}

/** What all instances should know at once: answers that were given, and when they no longer hold. Never in the way. */
export class AnswerCache {
  private readonly options: CacheOptions;
  private readonly lookups: Counter<'result'>;

  constructor(options: CacheOptions) {
    this.options = options;
    this.lookups = new Counter({
      name: 'answer_cache_lookups_total',
      help: 'Answers looked for in the cache: hit, miss, or away if Redis did not answer',
      labelNames: ['result'],
      registers: [options.metrics],
    });
  }

  async recall(question: string): Promise<Answer | undefined> {
    try {
      const found = await this.options.redis.client.get(await this.key(question));
      this.lookups.inc({ result: found === null ? 'miss' : 'hit' });
      return found === null ? undefined : (JSON.parse(found) as Answer);
    } catch (error) {
      this.lookups.inc({ result: 'away' });
      this.note(error);
      return undefined;
    }
  }

  async keep(question: string, answer: Answer): Promise<void> {
    const expiration = { type: 'EX', value: this.options.seconds } as const;
    await this.tolerate(async () =>
      this.options.redis.client.set(await this.key(question), JSON.stringify(answer), { expiration }),
    );
  }

  /** Something was learned: no answer from before is given again. `token` is that of what was written, if it was. */
  async outdate(token?: string): Promise<void> {
    await this.tolerate(async () => {
      const change = this.options.redis.client.multi().incr(GENERATION);
      if (token !== undefined) change.set(TOKEN, token, { expiration: { type: 'EX', value: TOKEN_SECONDS } });
      await change.exec();
    });
  }

  /** Of the newest knowledge; a search with it sees that too. */
  async newest(): Promise<string | undefined> {
    return (await this.tolerate(() => this.options.redis.client.get(TOKEN))) ?? undefined;
  }

  private async key(question: string): Promise<string> {
    const generation = (await this.options.redis.client.get(GENERATION)) ?? '0';
    return `daa:answer:${generation}:${createHash('sha256').update(normalised(question)).digest('hex')}`;
  }

  private async tolerate<Result>(work: () => Promise<Result>): Promise<Result | undefined> {
    try {
      return await work();
    } catch (error) {
      this.note(error);
      return undefined;
    }
  }

  private note(error: unknown): void {
    this.options.log.debug({ reason: error instanceof Error ? error.message : String(error) }, 'the cache is away');
  }
}
