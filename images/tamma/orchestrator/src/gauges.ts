/** Gauges, read when Prometheus asks. Every orchestrator shows the same ones: take the maximum, not the sum. */

import { Gauge, type Registry } from '@imbricate/chassis';
import type { Queries } from '@imbricate/chassis/postgres';
import { counts, type Queue, workers } from '@tamma/tasks';

export function gauge(database: Queries, queue: Queue, metrics: Registry): void {
  const registers = [metrics];
  new Gauge({
    name: 'tamma_tasks',
    help: 'Tasks, by status',
    labelNames: ['status'],
    registers,
    async collect() {
      this.reset();
      await unlessAway(async () => {
        for (const [status, tasks] of Object.entries(await counts(database))) this.set({ status }, tasks);
      });
    },
  });
  new Gauge({
    name: 'tamma_queue_length',
    help: 'Messages that no worker has taken yet',
    registers,
    async collect() {
      await unlessAway(async () => {
        this.set(await queue.length());
      });
    },
  });
  new Gauge({
    name: 'tamma_workers',
    help: 'Workers that live',
    registers,
    async collect() {
      await unlessAway(async () => {
        this.set((await workers(database)).length);
      });
    },
  });
}

/** While a dependency is away its gauge is too old, and /ready says why; the other metrics are still served. */
async function unlessAway(read: () => Promise<void>): Promise<void> {
  await read().catch(() => undefined);
}
