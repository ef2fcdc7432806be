import assert from 'node:assert/strict';
import { test } from 'node:test';
import { combine, pattern } from '../src/patterns.js';

test('lift says how many times as often as by chance', () => {
  const counts = new Map([
    ['lag', 4],
    ['replica', 5],
  ]);
  assert.deepEqual(pattern(['lag', 'replica'], 4, 20, counts), {
    items: ['lag', 'replica'],
    count: 4,
    support: 0.2,
    lift: 4,
  });
});

test('a pair whose items were forgotten has no lift', () => {
  assert.equal(pattern(['a', 'b'], 1, 10, new Map()).lift, 0);
});

test('neighbours of several items add up, the likeliest first', () => {
  const counts = new Map([
    ['lag', 4],
    ['backup', 2],
  ]);
  const neighbours = [
    [
      { item: 'replica', count: 2 },
      { item: 'disk', count: 1 },
    ],
    [{ item: 'replica', count: 1 }],
  ];
  assert.deepEqual(combine(['lag', 'backup'], neighbours, counts), [
    { item: 'replica', score: 0.75 },
    { item: 'disk', score: 0.25 },
  ]);
});

test('what was asked for is not its own neighbour, and an unseen item has none', () => {
  const neighbours = [[{ item: 'b', count: 1 }], [{ item: 'c', count: 1 }]];
  assert.deepEqual(combine(['a', 'b'], neighbours, new Map([['a', 1]])), []);
});
