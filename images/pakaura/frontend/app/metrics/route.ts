import { registry } from '../../server/metrics.ts';

export const dynamic = 'force-dynamic';

/** For scrapers, which come straight to the pod; what came through an ingress is a stranger. */
export async function GET(request: Request): Promise<Response> {
  const metrics = registry();
  if (!metrics || request.headers.has('x-real-ip')) return Response.json({ error: 'no such page' }, { status: 404 });
  return new Response(await metrics.metrics(), { headers: { 'content-type': metrics.contentType } });
}
