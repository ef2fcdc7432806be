import type { IncomingHttpHeaders } from 'node:http';
import { HttpError } from '@imbricate/chassis';

/** In the reply to a write: where the primary's log ended after it. In a request: read what is at least that new. */
export const TOKEN_HEADER = 'consistency-token';
const TOKEN = /^[0-9A-F]{1,8}\/[0-9A-F]{1,8}$/;

export function tokenIn(headers: IncomingHttpHeaders): string | undefined {
  const token = headers[TOKEN_HEADER];
  if (token === undefined) return undefined;
  if (typeof token !== 'string' || !TOKEN.test(token)) {
    throw new HttpError(400, `the header ${TOKEN_HEADER} must be what a write gave, such as 0/3000148`);
  }
  return token;
}
