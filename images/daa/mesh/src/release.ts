import { readFileSync } from 'node:fs';
import { type FastifyInstance, Gauge, type Registry } from '@imbricate/chassis';

/** What is running here: which of two versions answered can be seen from outside while one replaces the other. */
export interface Release {
  readonly service: string;
  readonly version: string;
  /** Of the files in the image: two images differ in it if their programs do. */
  readonly build: string;
  /** The name that the manifests give it, such as blue or canary. */
  readonly track: string;
}

const BUILT_FROM_SOURCE = 'source';

/** Reads what the build left beside the service: `package.json` and, in an image, `build-id`. */
export function readRelease(folder: URL, track: string): Release {
  const manifest = JSON.parse(readFileSync(new URL('package.json', folder), 'utf8')) as { name: string; version: string };
  const service = manifest.name.replace(/^.*\//, '');
  return { service, version: manifest.version, build: readBuild(folder), track };
}

function readBuild(folder: URL): string {
  try {
    return readFileSync(new URL('build-id', folder), 'utf8').trim();
  } catch {
    return BUILT_FROM_SOURCE;
  }
}

/** Shows the release at `/version`, in a header of every reply, and as a metric. */
export function showRelease(app: FastifyInstance, registry: Registry, release: Release): void {
  const name = `${release.service}/${release.version}+${release.build}`;
  const labelNames = ['version', 'build', 'track'] as const;
  const help = 'Always 1; its labels say which release is running';
  const { version, build, track } = release;
  new Gauge({ name: 'build_info', help, labelNames, registers: [registry] }).set({ version, build, track }, 1);

  app.addHook('onRequest', (_request, reply, done) => {
    reply.header('x-version', name);
    if (track !== '') reply.header('x-track', track);
    done();
  });
  app.get('/version', () => release);
}
