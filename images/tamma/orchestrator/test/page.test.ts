import assert from 'node:assert/strict';
import { test } from 'node:test';
import { page } from '../src/page.js';

test('the page shows every number under its name', () => {
  const tasks = { pending: 1, queued: 2, running: 3, succeeded: 4, failed: 5, cancelled: 6 };
  const html = page({ tasks, workers: 7, queue: 8 });
  for (const [name, number] of Object.entries({ ...tasks, 'workers alive': 7, 'messages waiting': 8 })) {
    assert.ok(html.includes(`<th scope="row">${name}</th><td>${number}</td>`), name);
  }
});
