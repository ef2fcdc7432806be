import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KIND_NAMES, type Kind } from '@tamma/tasks';
import { diffStatistics } from '../src/diff.js';
import { mergePatch } from '../src/merge.js';
import { textStatistics } from '../src/text.js';
import { perform, TaskError } from '../src/work.js';

const { signal } = new AbortController();

test('text statistics count what people would count', () => {
  const text = 'The cat saw the dog.\nThe dog didn’t see 2 cats \u{1F431}.\n';
  assert.deepEqual(textStatistics(text, 3), {
    characters: 50,
    words: 11,
    lines: 2,
    mostFrequent: [
      { word: 'the', count: 3 },
      { word: 'dog', count: 2 },
      { word: '2', count: 1 },
    ],
  });
  assert.deepEqual(textStatistics('', 3), { characters: 0, words: 0, lines: 0, mostFrequent: [] });
  assert.deepEqual(textStatistics('naïve état', 0).words, 2);
});

test('the largest text is counted at once, whatever is in it', () => {
  for (const text of ['a'.repeat(200_000), "a'".repeat(100_000), `a${'-'.repeat(199_999)}`, '\n'.repeat(200_000)]) {
    const began = performance.now();
    textStatistics(text, 50);
    assert.ok(performance.now() - began < 500);
  }
});

test('a checksum is that of the UTF-8 bytes', async () => {
  assert.deepEqual(await perform('checksum', { text: 'abc' }, signal), {
    algorithm: 'sha256',
    digest: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
  });
  const { digest } = (await perform('checksum', { text: 'é', algorithm: 'sha512' }, signal)) as { digest: string };
  assert.equal(digest.length, 128);
});

test('merge patches do what RFC 7396 lists in its appendix', () => {
  const cases: [unknown, unknown, unknown][] = [
    [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
    [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
    [{ a: 'b' }, { a: null }, {}],
    [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
    [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
    [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
    [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
    [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
    [['a', 'b'], ['c', 'd'], ['c', 'd']],
    [{ a: 'b' }, ['c'], ['c']],
    [{ a: 'foo' }, null, null],
    [{ a: 'foo' }, 'bar', 'bar'],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [[1, 2], { a: 'b', c: null }, { a: 'b' }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ];
  for (const [document, patch, expected] of cases) assert.deepEqual(mergePatch(document, patch), expected);
});

test('a patch cannot reach the prototype of objects', () => {
  const merged = mergePatch({}, JSON.parse('{"__proto__": {"polluted": true}}')) as Record<string, unknown>;
  assert.equal(({} as Record<string, unknown>).polluted, undefined);
  assert.deepEqual(Object.keys(merged), ['__proto__']);
});

test('a diff is counted by file, and lines that look like headers are lines', () => {
  const diff = [
    'diff --git a/a.sql b/a.sql',
    '--- a/a.sql',
    '+++ b/a.sql',
    '@@ -1,3 +1,3 @@',
    ' select 1;',
    '--- a comment that goes',
    '+++ one that comes',
    ' select 2;',
    '\\ No newline at end of file',
    'diff --git a/new.txt b/new.txt',
    '--- /dev/null',
    '+++ b/new.txt',
    '@@ -0,0 +1 @@',
    '+one',
    'diff --git a/old.txt b/old.txt',
    '--- a/old.txt\t2026-01-01',
    '+++ /dev/null',
    '@@ -1,2 +0,0 @@',
    '-one',
    '-two',
    '',
  ].join('\n');
  assert.deepEqual(diffStatistics(diff), {
    files: [
      { file: 'a.sql', added: 1, removed: 1 },
      { file: 'new.txt', added: 1, removed: 0 },
      { file: 'old.txt', added: 0, removed: 2 },
    ],
    added: 2,
    removed: 3,
  });
  assert.deepEqual(diffStatistics('no diff at all'), { files: [], added: 0, removed: 0 });
});

test('waiting ends early when the task is taken away', async () => {
  const controller = new AbortController();
  const waiting = perform('wait', { milliseconds: 60_000 }, controller.signal);
  controller.abort();
  await assert.rejects(waiting, { name: 'AbortError' });
});

test('the same input gives the same result, for every kind', async () => {
  const inputs: Record<Kind, unknown> = {
    'text-statistics': { text: 'a b a' },
    checksum: { text: 'a' },
    'json-merge': { document: { a: 1 }, patch: { b: 2 } },
    'diff-statistics': { diff: '--- a\n+++ a\n@@ -1 +1 @@\n-x\n+y\n' },
    wait: { milliseconds: 0 },
  };
  for (const kind of KIND_NAMES) {
    assert.deepEqual(await perform(kind, inputs[kind], signal), await perform(kind, inputs[kind], signal), kind);
  }
});

test('a task that cannot be done says why', async () => {
  await assert.rejects(perform('new-kind' as Kind, {}, signal), (error) => error instanceof TaskError);
  let deep: unknown = null;
  for (let level = 0; level < 50_000; level++) deep = { a: deep };
  await assert.rejects(perform('json-merge', { document: {}, patch: deep }, signal), /nested too deeply/);
});
