import { forward } from '../../../../server/forwarding.ts';
import { readSettings } from '../../../../server/settings.ts';

export const dynamic = 'force-dynamic';

function toApi(request: Request): Promise<Response> {
  return forward(request, readSettings(process.env).apiInternalUrl);
}

export { toApi as DELETE, toApi as GET, toApi as PATCH, toApi as POST };
