/** Who may: tokens (JWT, HS256) signed with the secret that all services share. */

import { type FastifyRequest, HttpError } from '@imbricate/chassis';
import { jwtVerify, SignJWT } from 'jose';

/** Gives the subject of the request's bearer token; throws 401 for anything but a valid one. */
export async function subjectOf(request: FastifyRequest, secret: string): Promise<string> {
  const [scheme, token] = request.headers.authorization?.split(' ') ?? [];
  if (scheme?.toLowerCase() !== 'bearer' || !token) throw new HttpError(401, 'a bearer token is needed');
  try {
    const { payload } = await jwtVerify(token, key(secret), {
      algorithms: ['HS256'],
      requiredClaims: ['sub', 'exp'],
      clockTolerance: 5,
    });
    return payload.sub ?? '';
  } catch (error) {
    throw new HttpError(401, 'the token is not valid', { cause: error });
  }
}

export async function newToken(subject: string, hours: number, secret: string): Promise<string> {
  const until = Math.floor(Date.now() / 1000 + hours * 3600);
  return new SignJWT({}).setProtectedHeader({ alg: 'HS256' }).setSubject(subject).setExpirationTime(until).sign(key(secret));
}

function key(secret: string): Uint8Array {
  return new TextEncoder().encode(secret);
}
