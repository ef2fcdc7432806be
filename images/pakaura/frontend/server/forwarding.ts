/**
 * Hands requests for /api/v1 on to the api. An ingress does that by itself; this is for a page which is opened without
 * one, by a forwarded port.
 */

const MOST_BYTES = 64 * 1024;
const SECONDS = 58;
const ASKED = ['authorization', 'content-type', 'accept'];
const ANSWERED = ['content-type', 'retry-after', 'www-authenticate'];

export async function forward(request: Request, api: string, seconds = SECONDS): Promise<Response> {
  const { pathname, search } = new URL(request.url);
  const body = request.body ? await request.arrayBuffer() : undefined;
  if (body && body.byteLength > MOST_BYTES) return refusal(413, `the body has more than ${MOST_BYTES} bytes`);
  try {
    const answer = await fetch(new URL(`${pathname}${search}`, api), {
      method: request.method,
      headers: chosen(request.headers, ASKED),
      redirect: 'manual',
      signal: AbortSignal.timeout(seconds * 1000),
      cache: 'no-store',
      ...(body && { body }),
    });
    return new Response(answer.body, { status: answer.status, headers: chosen(answer.headers, ANSWERED) });
  } catch (error) {
    const isLate = (error as Error).name === 'TimeoutError';
    return isLate ? refusal(504, 'the api did not answer in time') : refusal(502, 'the api cannot be reached');
  }
}

function chosen(headers: Headers, names: readonly string[]): Headers {
  return new Headers(names.flatMap((name) => (headers.has(name) ? [[name, headers.get(name) ?? '']] : [])));
}

function refusal(status: number, error: string): Response {
  return Response.json({ error }, { status });
}
