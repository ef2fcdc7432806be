import assert from 'node:assert/strict';
import { test } from 'node:test';
import { textOf } from '../src/events.js';
import { checkSignature, checkToken } from '../src/webhooks.js';

test("GitHub's own example of a signature holds", () => {
  // https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries#testing-the-webhook-payload-validation
  const signature = 'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17';
  checkSignature(signature, Buffer.from('Hello, World!'), "It's a Secret to Everybody");
  for (const wrong of [undefined, '', signature.slice(0, -1), signature.replace('757', '758')]) {
    assert.throws(() => {
      checkSignature(wrong, Buffer.from('Hello, World!'), "It's a Secret to Everybody");
    }, { statusCode: 401 });
  }
});

test('a token of GitLab is the secret or wrong', () => {
  checkToken('the secret', 'the secret');
  for (const wrong of [undefined, '', 'the secre', 'the secret ']) {
    assert.throws(() => {
      checkToken(wrong, 'the secret');
    }, { statusCode: 401 });
  }
});

test('the text of an event is that of its subject and its commits, once', () => {
  const push = { head_commit: { message: 'Fix' }, commits: [{ message: 'Fix' }, { message: 'Break' }] };
  assert.equal(textOf(push), 'Fix\nBreak');
  assert.equal(textOf({ issue: { title: 'T', body: 'B' }, comment: { body: 'C' } }), 'T\nB\nC');
  assert.equal(textOf({ object_attributes: { title: 'T', description: null, note: 7 } }), 'T');
});

test('what has no text gives none, whatever its shape', () => {
  for (const event of [null, 'text', 7, [], { zen: 'Keep it simple' }, { issue: 'x', commits: [null, 1] }]) {
    assert.equal(textOf(event), '');
  }
});
