import { only, type ReplicatedDatabase } from '@daa/database';
import { HttpError } from '@imbricate/chassis';
import type { Answer, Judgement } from './answer.js';

export interface Question extends Record<string, unknown> {
  readonly id: string;
  readonly question: string;
  readonly agentId: string | null;
  readonly answer: Answer;
  readonly helpful: boolean | null;
  readonly askedAt: Date;
}

export interface NewQuestion {
  readonly id: string;
  readonly question: string;
  readonly agentId: string | undefined;
  readonly answer: Answer;
}

const QUESTION = 'id, question, agent_id AS "agentId", answer, helpful, asked_at AS "askedAt"';
const FOREIGN_KEY_VIOLATION = '23503';

const SAVE = `
  WITH asking AS (UPDATE daa.agents SET seen_at = now() WHERE id = $2)
  INSERT INTO daa.questions (id, agent_id, question, answer) VALUES ($1, $2, $3, $4) RETURNING ${QUESTION}`;

// The answer is its first source's, so the judgement is too.
const JUDGE = `
  WITH judged AS (
    UPDATE daa.questions SET helpful = $2 WHERE id = $1 AND helpful IS NULL RETURNING answer
  ), learned AS (
    INSERT INTO daa.sources (entry_id, helpful, unhelpful)
    SELECT (answer #>> '{sources,0,id}')::uuid, $2::int, (NOT $2)::int
    FROM judged WHERE answer #>> '{sources,0,id}' IS NOT NULL
    ON CONFLICT (entry_id) DO UPDATE
      SET helpful = sources.helpful + excluded.helpful, unhelpful = sources.unhelpful + excluded.unhelpful
  )
  SELECT count(*)::int AS judged FROM judged`;

/** What was asked, and how good the answers were. */
export class Memory {
  private readonly database: ReplicatedDatabase;

  constructor(database: ReplicatedDatabase) {
    this.database = database;
  }

  /** Gives the token of the write too. */
  async save({ id, question, agentId, answer }: NewQuestion): Promise<{ saved: Question; token: string }> {
    try {
      const { rows, token } = await this.database.write<Question>(SAVE, [id, agentId, question, JSON.stringify(answer)]);
      return { saved: only(rows), token };
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === FOREIGN_KEY_VIOLATION) {
        throw new HttpError(422, 'there is no such agent');
      }
      throw error;
    }
  }

  async find(id: string, after?: string): Promise<Question | undefined> {
    return (await this.database.read<Question>(`SELECT ${QUESTION} FROM daa.questions WHERE id = $1`, [id], after))[0];
  }

  latest(limit: number, after?: string): Promise<Question[]> {
    const sql = `SELECT ${QUESTION} FROM daa.questions ORDER BY asked_at DESC, id DESC LIMIT $1`;
    return this.database.read<Question>(sql, [limit], after);
  }

  /** The token of the judgement, or undefined if there is no such question or it was judged before. */
  async judge(id: string, helpful: boolean): Promise<string | undefined> {
    const { rows, token } = await this.database.write<{ judged: number }>(JUDGE, [id, helpful]);
    return rows[0]?.judged === 1 ? token : undefined;
  }

  judgements(entryIds: readonly string[], after?: string): Promise<Judgement[]> {
    const sql = 'SELECT entry_id AS "entryId", helpful, unhelpful FROM daa.sources WHERE entry_id = ANY($1::uuid[])';
    return this.database.read<Judgement>(sql, [entryIds], after);
  }
}
