import { connect, DATABASE } from '@daa/database';
import { CALLER, Member, MEMBER } from '@daa/mesh';
import { integer, run, url } from '@imbricate/chassis';
import { redis } from '@imbricate/chassis/redis';
import { Agents } from './agents.js';
import { Asking } from './asking.js';
import { AnswerCache } from './cache.js';
import { Memory } from './memory.js';
import { Knowledge, PatternFinder } from './neighbours.js';
import { routes } from './routes.js';
import { MIGRATIONS } from './schema.js';

const NAME = 'daa-service';
const HTTP = ['http', 'https'];

await run({
  name: NAME,
  environment: {
    ...MEMBER,
    ...CALLER,
    ...DATABASE,
    REDIS_URL: url({ protocols: ['redis', 'rediss'], secret: true }),
    KNOWLEDGE_URL: url({ protocols: HTTP }),
    PATTERN_URL: url({ protocols: HTTP }),
    ANSWER_CACHE_SECONDS: integer({ fallback: 300, min: 1, max: 86_400 }),
    AGENT_ACTIVE_SECONDS: integer({ fallback: 60, min: 1, max: 86_400 }),
  },
  start: ({ config, log, metrics }) => {
    const member = new Member({ folder: new URL('../../', import.meta.url), config, log, metrics });
    const connected = connect({ config, name: NAME, migrations: MIGRATIONS, log, metrics });
    const store = redis({ url: config.REDIS_URL, name: NAME, log });
    const knowledgeService = member.upstream('knowledge-service', config.KNOWLEDGE_URL, config);
    const patternService = member.upstream('pattern-service', config.PATTERN_URL, config);
    const knowledge = new Knowledge(knowledgeService);
    const patterns = new PatternFinder(patternService);
    const memory = new Memory(connected.database);
    const cache = new AnswerCache({ redis: store, seconds: config.ANSWER_CACHE_SECONDS, log, metrics });
    const asking = new Asking({ knowledge, patterns, memory, cache });
    const agents = new Agents(connected.database, config.AGENT_ACTIVE_SECONDS);
    agents.measure(metrics);
    return {
      port: config.PORT,
      metricsPort: config.METRICS_PORT,
      checks: connected.checks,
      // Not its own readiness: or one service that is away would take all that ask it with it.
      optionalChecks: {
        ...connected.optional,
        redis: store.check,
        'knowledge-service': knowledgeService.check,
        'pattern-service': patternService.check,
      },
      routes: (app) => {
        member.join(app);
        routes(app, { asking, memory, agents, patterns });
      },
      close: [() => connected.close(), () => store.close(), () => member.leave()],
    };
  },
});
