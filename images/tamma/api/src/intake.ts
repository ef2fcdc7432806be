/** The one way in for tasks, wherever they come from. */

import { type Counter, HttpError } from '@imbricate/chassis';
import type { Queries } from '@imbricate/chassis/postgres';
import { isFull, type NewTask, type Submission, submit } from '@tamma/tasks';

/** So many tasks may be open; who sends more has to wait. */
const OPEN_LIMIT = 10_000;

export class Intake {
  readonly #database: Queries;
  readonly #wake: () => void;
  readonly #submitted: Counter;

  constructor(database: Queries, wake: () => void, submitted: Counter) {
    this.#database = database;
    this.#wake = wake;
    this.#submitted = submitted;
  }

  async take(task: NewTask): Promise<Submission> {
    if (await isFull(this.#database, OPEN_LIMIT)) throw new HttpError(503, 'too many tasks are open, try again later');
    const submission = await submit(this.#database, task);
    if (submission.isNew) {
      this.#submitted.inc({ kind: task.kind, source: task.source });
      this.#wake();
    }
    return submission;
  }
}
