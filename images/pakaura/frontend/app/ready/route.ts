import { readSettings } from '../../server/settings.ts';

export const dynamic = 'force-dynamic';

/** Ready when the api is: without it the page can do nothing. */
export async function GET(): Promise<Response> {
  const missing = await whatIsMissing(`${readSettings(process.env).apiInternalUrl}/api/v1/ready`);
  const status = missing ? 'not ready' : 'ready';
  return Response.json({ status, missing: missing ? { api: missing } : {} }, { status: missing ? 503 : 200 });
}

async function whatIsMissing(url: string): Promise<string | undefined> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(2500), cache: 'no-store', redirect: 'manual' });
    await answer.body?.cancel();
    return answer.ok ? undefined : `answers ${answer.status}`;
  } catch (error) {
    return (error as Error).name === 'TimeoutError' ? 'no answer within 2.5 s' : 'cannot be reached';
  }
}
