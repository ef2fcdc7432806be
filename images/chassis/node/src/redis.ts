/** Redis: a client that reconnects for ever, and whose commands fail at once while it is away. */

import { createClient } from '@redis/client';
import type { FastifyBaseLogger } from 'fastify';
import type { Check } from './readiness.js';

const SECOND = 1000;

export interface RedisOptions {
  readonly url: string;
  /** Shown by CLIENT LIST. */
  readonly name: string;
  readonly log: FastifyBaseLogger;
  /** Seconds after which a command that has no answer is given up; 0 for a connection that blocks on purpose. */
  readonly commandSeconds?: number;
}

export type RedisClient = ReturnType<typeof newClient>;

export interface Redis {
  readonly client: RedisClient;
  readonly check: Check;
  close(): Promise<void>;
}

export function redis(options: RedisOptions): Redis {
  const client = newClient(options);
  let isAway = false;
  client.on('error', (error: Error) => {
    if (!isAway) options.log.warn({ reason: reason(error) }, 'redis is away');
    isAway = true;
  });
  client.on('ready', () => {
    if (isAway) options.log.info('redis is back');
    isAway = false;
  });
  client.connect().catch((error: unknown) => {
    if (client.isOpen) options.log.error({ err: error }, 'redis cannot be connected');
  });
  return {
    client,
    check: async () => {
      if (!client.isReady) throw new Error('not connected');
      await client.ping();
    },
    close: async () => {
      if (client.isReady) await client.close();
      else if (client.isOpen) client.destroy();
    },
  };
}

function newClient(options: RedisOptions) {
  const seconds = options.commandSeconds ?? 3;
  return createClient({
    url: options.url,
    name: options.name,
    disableOfflineQueue: true,
    pingInterval: 10 * SECOND,
    socket: {
      connectTimeout: 3 * SECOND,
      socketTimeout: 30 * SECOND, // silent for three pings: the other side is gone
      reconnectStrategy: (attempts) => Math.min(100 * 2 ** attempts, 3 * SECOND),
    },
    ...(seconds > 0 && { commandOptions: { timeout: seconds * SECOND } }),
  });
}

function reason(error: Error): string {
  return error.message || ('code' in error ? String(error.code) : error.name);
}
