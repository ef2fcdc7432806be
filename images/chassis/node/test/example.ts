/** The service that run.test.ts starts as a process. */

import { integer, port, run, text } from '../src/index.js';

await run({
  name: 'example',
  environment: { PORT: port(0), TOKEN: text({ secret: true }), WAIT: integer({ fallback: 300 }) },
  graceSeconds: 2,
  start: ({ config, log }) => ({
    port: config.PORT,
    host: '127.0.0.1',
    routes: (app) => {
      app.get('/slow', async () => {
        log.info('slow began');
        await new Promise((resolve) => setTimeout(resolve, config.WAIT));
        return { done: true };
      });
      app.addHook('onListen', (done) => {
        log.info({ address: app.server.address() }, 'listening');
        done();
      });
    },
    close: [
      () => {
        log.info('closed');
        return Promise.resolve();
      },
    ],
  }),
});
