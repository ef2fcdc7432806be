/**
 * /webhooks: what GitHub and GitLab send. GitHub signs its bodies (HMAC-SHA256), GitLab sends the secret itself. The text
 * of an event that has one becomes a task; an event that is sent again is the same task.
 */

import { createHmac, timingSafeEqual } from 'node:crypto';
import { type FastifyInstance, HttpError } from '@imbricate/chassis';
import type { Intake } from './intake.js';
import { textOf } from './events.js';

const BODY_LIMIT = 1024 * 1024;
/** As much text as a task takes. */
const TEXT_LIMIT = 200_000;

interface Delivery {
  readonly source: 'github' | 'gitlab';
  readonly event: string;
  readonly key: string | undefined;
  readonly body: Buffer;
}

interface Hook {
  Body: Buffer;
  Headers: Record<string, string | undefined>;
}

export function webhookRoutes(app: FastifyInstance, intake: Intake, secret: string): void {
  void app.register((hooks, _options, done) => {
    // The signature is of the bytes, so they are not parsed before it is checked.
    hooks.removeAllContentTypeParsers();
    hooks.addContentTypeParser('application/json', { parseAs: 'buffer', bodyLimit: BODY_LIMIT }, (_request, body, next) => {
      next(null, body);
    });
    hooks.post<Hook>('/webhooks/github', async ({ headers, body }, reply) => {
      checkSignature(headers['x-hub-signature-256'], body, secret);
      const delivery = { event: headers['x-github-event'] ?? '', key: headers['x-github-delivery'], body };
      return reply.code(202).send(await receive(intake, { source: 'github', ...delivery }));
    });
    hooks.post<Hook>('/webhooks/gitlab', async ({ headers, body }, reply) => {
      checkToken(headers['x-gitlab-token'], secret);
      const delivery = { event: headers['x-gitlab-event'] ?? '', key: headers['x-gitlab-event-uuid'], body };
      return reply.code(202).send(await receive(intake, { source: 'gitlab', ...delivery }));
    });
    done();
  });
}

async function receive(intake: Intake, { source, event, key, body }: Delivery): Promise<{ task: string | null }> {
  const text = textOf(parsed(body));
  if (text === '') return { task: null };
  const { task } = await intake.take({
    kind: 'text-statistics',
    input: { text: text.slice(0, TEXT_LIMIT).toWellFormed().replaceAll('\0', '') },
    maxAttempts: 3,
    source,
    submittedBy: `${source}:${event.slice(0, 100)}`,
    idempotencyKey: key?.slice(0, 200),
  });
  return { task: task.id };
}

export function checkSignature(signature: string | undefined, body: Buffer, secret: string): void {
  const expected = `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
  if (!equal(signature, expected)) throw new HttpError(401, 'the signature is not of this body');
}

export function checkToken(token: string | undefined, secret: string): void {
  if (!equal(token, secret)) throw new HttpError(401, 'the token is wrong');
}

/** Compares digests, so that the time it takes tells nothing, not even a length. */
function equal(given: string | undefined, expected: string): boolean {
  const digest = (value: string) => createHmac('sha256', 'compare').update(value).digest();
  return timingSafeEqual(digest(given ?? ''), digest(expected));
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch (error) {
    throw new HttpError(400, 'the body is not JSON', { cause: error });
  }
}
