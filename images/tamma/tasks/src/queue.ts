/**
 * The queue: one Redis stream that all workers read as one consumer group. A message is a task's id. It is acknowledged
 * when a worker has claimed the task in PostgreSQL, which from then on knows who does it.
 */

import type { Redis, RedisClient } from '@imbricate/chassis/redis';

const STREAM = 'tamma:tasks';
const GROUP = 'workers';
const REPAIRER = 'orchestrator';
const WAKE = 'tamma:submitted';
const IDLE_CONSUMER_SECONDS = 600;

export interface Message {
  readonly entry: string;
  readonly task: string;
}

interface Entry {
  readonly id: string;
  readonly message: Readonly<Record<string, string>>;
}

export class Queue {
  readonly #client: RedisClient;

  constructor(connection: Redis) {
    this.#client = connection.client;
  }

  async length(): Promise<number> {
    return this.#client.xLen(STREAM);
  }

  /** Sends tasks; gives the entry of each. */
  async send(tasks: readonly string[]): Promise<string[]> {
    return Promise.all(tasks.map((task) => this.#client.xAdd(STREAM, '*', { task })));
  }

  /** Waits for one message. The connection must be this reader's own: it blocks. */
  async receive(consumer: string, seconds: number): Promise<Message | undefined> {
    const options = { COUNT: 1, BLOCK: seconds * 1000 };
    const read = () => this.#client.xReadGroup(GROUP, consumer, { key: STREAM, id: '>' }, options);
    const streams = (await read().catch((error: unknown) => this.#withGroup(error, read))) as
      | { messages: Entry[] }[]
      | null;
    const [found] = streams?.[0]?.messages ?? [];
    return found && { entry: found.id, task: found.message.task ?? '' };
  }

  /** Tries again after making the group, if that is what is missing: Redis is new, or lost its data. */
  async #withGroup<T>(error: unknown, again: () => Promise<T>): Promise<T> {
    if (!(error instanceof Error) || !error.message.startsWith('NOGROUP')) throw error;
    await this.#client.xGroupCreate(STREAM, GROUP, '0', { MKSTREAM: true }).catch((reason: unknown) => {
      if (!(reason instanceof Error) || !reason.message.startsWith('BUSYGROUP')) throw reason;
    });
    return again();
  }

  /** Ends a message: its task is claimed, or needs no one. */
  async acknowledge(entry: string): Promise<void> {
    await this.#client.multi().xAck(STREAM, GROUP, entry).xDel(STREAM, entry).exec();
  }

  /** Removes messages that a worker read and did not acknowledge for so long; gives their entries. */
  async takeAbandoned(seconds: number): Promise<string[]> {
    const take = () => this.#client.xAutoClaimJustId(STREAM, GROUP, REPAIRER, seconds * 1000, '0', { COUNT: 100 });
    const { messages } = await take().catch((error: unknown) => this.#withGroup(error, take));
    const entries = messages.filter((entry) => typeof entry === 'string');
    for (const entry of entries) await this.acknowledge(entry);
    return entries;
  }

  /** Gives those entries that the stream does not hold. */
  async missing(entries: readonly string[]): Promise<string[]> {
    const found = await Promise.all(entries.map((entry) => this.#client.xRange(STREAM, entry, entry)));
    return entries.filter((_, index) => found[index]?.length === 0);
  }

  /** Forgets readers that are long gone: each pod has a name of its own. */
  async forgetConsumers(): Promise<void> {
    const consumers = await this.#client.xInfoConsumers(STREAM, GROUP);
    for (const { name, idle, pending } of consumers) {
      if (pending === 0 && idle > IDLE_CONSUMER_SECONDS * 1000) {
        await this.#client.xGroupDelConsumer(STREAM, GROUP, name);
      }
    }
  }

  /** Tells the orchestrators that there is something to dispatch. */
  async wake(): Promise<void> {
    await this.#client.publish(WAKE, '');
  }

  /** Calls back when woken. The connection must be this subscriber's own. */
  async onWake(listener: () => void): Promise<void> {
    await this.#client.subscribe(WAKE, listener);
  }
}
