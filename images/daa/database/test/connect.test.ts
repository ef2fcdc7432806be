import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inPublic } from '../src/connect.js';

test('names without a schema are those of public, whatever the user is called', () => {
  const address = inPublic('postgresql://daa:p%40ss%2Fword@database-rw:5432/daa?sslmode=require');
  const url = new URL(address);

  assert.equal(url.searchParams.get('options'), '-c search_path=public');
  assert.equal(url.searchParams.get('sslmode'), 'require');
  assert.equal(decodeURIComponent(url.password), 'p@ss/word');
});

test('options that somebody has chosen stay', () => {
  const address = 'postgresql://daa:secret@database-rw/daa?options=-c%20search_path%3Dother';

  assert.equal(new URL(inPublic(address)).searchParams.get('options'), '-c search_path=other');
});
