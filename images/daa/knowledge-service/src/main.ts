import { connect, DATABASE } from '@daa/database';
import { Member, MEMBER } from '@daa/mesh';
import { run } from '@imbricate/chassis';
import { Entries } from './entries.js';
import { routes } from './routes.js';
import { MIGRATIONS } from './schema.js';

await run({
  name: 'knowledge-service',
  environment: { ...MEMBER, ...DATABASE },
  start: ({ config, log, metrics }) => {
    const member = new Member({ folder: new URL('../../', import.meta.url), config, log, metrics });
    const connected = connect({ config, name: 'knowledge-service', migrations: MIGRATIONS, log, metrics });
    const entries = new Entries(connected.database);
    return {
      port: config.PORT,
      metricsPort: config.METRICS_PORT,
      checks: connected.checks,
      optionalChecks: connected.optional,
      routes: (app) => {
        member.join(app);
        routes(app, entries);
      },
      close: [() => connected.close(), () => member.leave()],
    };
  },
});
