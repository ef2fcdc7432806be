import { only, type ReplicatedDatabase } from '@daa/database';
import { Gauge, type Registry } from '@imbricate/chassis';

export type Status = 'active' | 'idle';

export interface Agent extends Record<string, unknown> {
  readonly id: string;
  readonly name: string;
  readonly status: Status;
  readonly registeredAt: Date;
  readonly seenAt: Date;
}

const AGENT = `id, name, registered_at AS "registeredAt", seen_at AS "seenAt",
  CASE WHEN seen_at > now() - make_interval(secs => $1) THEN 'active' ELSE 'idle' END AS status`;

/** Those who ask. One that was not seen for a while is idle. */
export class Agents {
  private readonly database: ReplicatedDatabase;
  private readonly activeSeconds: number;

  constructor(database: ReplicatedDatabase, activeSeconds: number) {
    this.database = database;
    this.activeSeconds = activeSeconds;
  }

  /** A name that is known already is the same agent, come back. */
  async register(name: string): Promise<{ agent: Agent; token: string }> {
    const sql = `INSERT INTO daa.agents (name) VALUES ($2)
                 ON CONFLICT (name) DO UPDATE SET seen_at = now() RETURNING ${AGENT}`;
    const { rows, token } = await this.database.write<Agent>(sql, [this.activeSeconds, name]);
    return { agent: only(rows), token };
  }

  async isSeen(id: string): Promise<boolean> {
    const sql = 'UPDATE daa.agents SET seen_at = now() WHERE id = $1 RETURNING id';
    return (await this.database.write(sql, [id])).rows.length === 1;
  }

  list(limit: number, after?: string): Promise<Agent[]> {
    const sql = `SELECT ${AGENT} FROM daa.agents ORDER BY seen_at DESC, id LIMIT $2`;
    return this.database.read<Agent>(sql, [this.activeSeconds, limit], after);
  }

  /** Asked when metrics are read: the same for all instances, so take the maximum over them and not the sum. */
  measure(metrics: Registry): void {
    const count = (): Promise<{ active: number; idle: number }> => this.count();
    new Gauge({
      name: 'agent_count',
      help: 'Registered agents, active or idle',
      labelNames: ['status'],
      registers: [metrics],
      async collect() {
        this.reset();
        const found = await count().catch(() => undefined);
        if (found === undefined) return;
        this.set({ status: 'active' }, found.active);
        this.set({ status: 'idle' }, found.idle);
      },
    });
  }

  private async count(): Promise<{ active: number; idle: number }> {
    const sql = `SELECT count(*) FILTER (WHERE seen_at > now() - make_interval(secs => $1))::int AS active,
                        count(*)::int AS total FROM daa.agents`;
    const [row] = await this.database.read<{ active: number; total: number }>(sql, [this.activeSeconds]);
    const { active = 0, total = 0 } = row ?? {};
    return { active, idle: total - active };
  }
}
