import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TOKEN_HEADER, tokenIn } from '../src/index.js';

test('a token is what PostgreSQL writes for a place in its log', () => {
  assert.equal(tokenIn({}), undefined);
  assert.equal(tokenIn({ [TOKEN_HEADER]: '16/B374D848' }), '16/B374D848');
  for (const wrong of ['', '1', "0/1'; --", '0/123456789', ['0/1', '0/2']]) {
    assert.throws(() => tokenIn({ [TOKEN_HEADER]: wrong }), { statusCode: 400 });
  }
});
