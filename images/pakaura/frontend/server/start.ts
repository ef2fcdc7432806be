/** The process: checks its environment, makes log lines of all output, then starts Next's server; ends in good order. */

import { closeUnused, watchConnections } from './connections.ts';
import { log, takeConsole } from './log.ts';
import { readSettings } from './settings.ts';

/** Less than the time that Kubernetes gives. */
const GRACE_SECONDS = 20;

try {
  readSettings(process.env);
} catch (error) {
  process.stderr.write(`configuration: ${(error as Error).message}\n`);
  process.exit(1);
}
takeConsole();
watchConnections();
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  // Next stops listening, waits for the requests that run, and exits as if the signal had ended it; it was in order.
  process.once(signal, () => {
    log('info', 'stopping', { signal });
    closeUnused();
    process.once('exit', (code) => {
      if (code > 128) process.exitCode = 0;
    });
    setTimeout(() => {
      log('error', `did not stop within ${GRACE_SECONDS} s`);
      process.exit(1);
    }, GRACE_SECONDS * 1000).unref();
  });
}
process.env.HOSTNAME = '0.0.0.0'; // which Kubernetes sets to the pod's name, and Next would listen there only
process.env.PORT ||= '3000';
await import(new URL('../server.js', import.meta.url).href);
