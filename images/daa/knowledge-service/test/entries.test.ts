/** Against a real server: DATABASE_URL, and DATABASE_READ_URL for its replica. */

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { connect } from '@daa/database';
import { newLog, Registry } from '@imbricate/chassis';
import { Entries } from '../src/entries.js';
import { MIGRATIONS } from '../src/schema.js';

const URL = process.env.DATABASE_URL ?? '';
const config = { DATABASE_URL: URL, DATABASE_READ_URL: process.env.DATABASE_READ_URL ?? URL };
const options = { skip: URL === '' && 'DATABASE_URL is not set' };

async function opened(context: TestContext): Promise<Entries> {
  const log = newLog('test', 'silent');
  const connected = connect({ config, name: 'test', migrations: MIGRATIONS, log, metrics: new Registry() });
  context.after(() => connected.close());
  const isReady = async (): Promise<boolean> => {
    return Promise.all([connected.checks.schema!(), connected.optional.replica!()]).then(
      () => true,
      () => false,
    );
  };
  for (let n = 0; n < 200 && !(await isReady()); n++) await new Promise((resolve) => setTimeout(resolve, 20));
  return new Entries(connected.database);
}

/** A word that no other run has used, of letters alone so that it is one lexeme. */
function unique(): string {
  return `w${randomUUID().replace(/[^a-f]/g, '')}${Date.now().toString(26).replace(/\d/g, (digit) => 'qrstuvwxyz'[Number(digit)]!)}`;
}

test('an entry is found by id, changed and removed', options, async (context) => {
  const entries = await opened(context);
  const { rows, token } = await entries.add({ title: 'Replicas', body: 'They follow.', topics: ['database'] });
  const { id } = rows[0]!;
  assert.equal((await entries.find(id, token))?.title, 'Replicas');
  const changed = await entries.change(id, { title: 'Standbys', body: 'They follow.', topics: [] });
  assert.equal((await entries.find(id, changed.token))?.title, 'Standbys');
  const removed = await entries.remove(id);
  assert.equal(await entries.find(id, removed.token), undefined);
  assert.deepEqual((await entries.change(id, { title: 'x', body: 'x', topics: [] })).rows, []);
});

test('words are found in any form, and count more in a title', options, async (context) => {
  const entries = await opened(context);
  const word = unique();
  const inBody = await entries.add({ title: 'Other', body: `About ${word}, which is replicated.`, topics: [] });
  const inTitle = await entries.add({ title: `Replicating ${word}`, body: 'Something.', topics: [] });
  const hits = await entries.search(`${word} replication`, 'all', undefined, 10, inTitle.token);
  assert.deepEqual(hits.map((hit) => hit.id), [inTitle.rows[0]!.id, inBody.rows[0]!.id]);
  assert.ok(hits[0]!.score > hits[1]!.score && hits[0]!.score < 1);
  assert.match(hits[1]!.excerpt, new RegExp(word));
});

test('a question needs one of its words, a search all of them', options, async (context) => {
  const entries = await opened(context);
  const word = unique();
  const { token } = await entries.add({ title: 'Backups', body: `Each hour, by ${word}.`, topics: ['backup'] });
  const question = `How often does ${word} ${unique()}?`;
  assert.equal((await entries.search(question, 'any', undefined, 10, token)).length, 1);
  assert.equal((await entries.search(question, 'all', undefined, 10, token)).length, 0);
  assert.equal((await entries.search(word, 'all', 'backup', 10, token)).length, 1);
  assert.equal((await entries.search(word, 'all', 'other', 10, token)).length, 0);
});

test('what would be syntax is searched for as text', options, async (context) => {
  const entries = await opened(context);
  for (const words of ["a' | b & !c:*", '"', '\\', 'http://a.example/?x=1&y=2', '& | !', '%', 'the']) {
    for (const match of ['any', 'all'] as const) await entries.search(words, match, undefined, 5);
  }
});

test('the newest come first, of one topic or of all', options, async (context) => {
  const entries = await opened(context);
  const topic = unique();
  await entries.add({ title: 'First', body: '.', topics: [topic] });
  const { token } = await entries.add({ title: 'Second', body: '.', topics: [topic, 'other'] });
  assert.deepEqual((await entries.newest(topic, 10, token)).map((entry) => entry.title), ['Second', 'First']);
  assert.equal((await entries.newest(undefined, 1, token))[0]?.title, 'Second');
});
