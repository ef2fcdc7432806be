import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compose, type Hit, rank } from '../src/answer.js';
import { normalised, termsOf } from '../src/terms.js';

const hit = (id: string, score: number, topics: string[] = []): Hit => ({ id, title: id, topics, score, excerpt: `of ${id}` });

test('a question is about its words, without those that say nothing', () => {
  assert.deepEqual(termsOf('How does the replica follow the primary? Replica!'), ['replica', 'follow', 'primary']);
  assert.deepEqual(termsOf('Was ist ein Café?'), ['ist', 'ein', 'cafe']);
  assert.deepEqual(termsOf('¿?'), []);
  assert.equal(termsOf(Array.from({ length: 40 }, (_, n) => `word${n}`).join(' ')).length, 10);
});

test('questions that mean the same are the same', () => {
  assert.equal(normalised('  What is\nLAG ?'), normalised('what is lag'));
  assert.notEqual(normalised('what is lag'), normalised('what was lag'));
});

test('entries that helped come before those that did not', () => {
  const judgements = [
    { entryId: 'bad', helpful: 0, unhelpful: 3 },
    { entryId: 'good', helpful: 3, unhelpful: 0 },
  ];
  const ranked = rank([hit('bad', 0.6), hit('unjudged', 0.5), hit('good', 0.4)], judgements);
  assert.deepEqual(ranked.map(({ id }) => id), ['good', 'unjudged', 'bad']);
});

test('one judgement alone changes little, and no score is above one', () => {
  const [only] = rank([hit('a', 0.9)], [{ entryId: 'a', helpful: 1, unhelpful: 0 }]);
  assert.equal(only?.score, 1);
  assert.equal(rank([hit('a', 0.3)], [{ entryId: 'a', helpful: 1, unhelpful: 1 }])[0]?.score, 0.3);
});

test('an answer is its best source’s, and says how sure it is', () => {
  const answer = compose([hit('a', 0.7, ['x', 'y']), hit('b', 0.2, ['y', 'z'])], [{ item: 'q', score: 1 }], []);
  assert.equal(answer.answer, 'of a');
  assert.equal(answer.confidence, 0.7);
  assert.deepEqual(answer.topics, ['x', 'y', 'z']);
  assert.deepEqual(answer.sources.map(({ id }) => id), ['a', 'b']);
});

test('nothing known is an answer too', () => {
  const { answer, confidence, missing } = compose([], [], ['pattern-service']);
  assert.deepEqual([answer, confidence, missing], [null, 0, ['pattern-service']]);
});
