import { Member, MEMBER } from '@daa/mesh';
import { run, url } from '@imbricate/chassis';
import { redis } from '@imbricate/chassis/redis';
import { Patterns } from './patterns.js';
import { routes } from './routes.js';

await run({
  name: 'pattern-service',
  environment: { ...MEMBER, REDIS_URL: url({ protocols: ['redis', 'rediss'], secret: true }) },
  start: ({ config, log, metrics }) => {
    const member = new Member({ folder: new URL('../../', import.meta.url), config, log, metrics });
    const store = redis({ url: config.REDIS_URL, name: 'pattern-service', log });
    const patterns = new Patterns(store);
    return {
      port: config.PORT,
      metricsPort: config.METRICS_PORT,
      checks: { redis: store.check },
      routes: (app) => {
        member.join(app);
        routes(app, patterns);
      },
      close: [() => store.close(), () => member.leave()],
    };
  },
});
