import assert from 'node:assert/strict';
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

interface Line {
  readonly level: string;
  readonly msg: string;
  readonly path?: string;
  readonly address?: { readonly port: number };
}

class Example {
  readonly lines: Line[] = [];
  readonly child: ChildProcessByStdio<null, Readable, Readable>;
  private readonly closed: Promise<unknown>;
  errors = '';

  constructor(environment: Record<string, string>) {
    const file = fileURLToPath(new URL('example.js', import.meta.url));
    this.child = spawn(process.execPath, [file], { env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
    this.closed = once(this.child, 'close');
    createInterface(this.child.stdout).on('line', (line) => this.lines.push(JSON.parse(line) as Line));
    this.child.stderr.on('data', (chunk: Buffer) => (this.errors += chunk.toString()));
  }

  async line(message: string): Promise<Line> {
    for (let attempt = 0; attempt < 500; attempt++) {
      const found = this.lines.find((line) => line.msg === message);
      if (found) return found;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    return assert.fail(`no line ${message} in ${JSON.stringify(this.lines)}${this.errors}`);
  }

  async url(): Promise<string> {
    return `http://127.0.0.1:${(await this.line('listening')).address!.port}`;
  }

  /** Not before its last line was read, which may be after the process is gone. */
  async exit(): Promise<number | null> {
    await this.closed;
    return this.child.exitCode;
  }
}

test('SIGTERM lets a running request finish, closes what is open and ends with 0', async () => {
  const example = new Example({ TOKEN: 'secret' });
  const answer = fetch(`${await example.url()}/slow?token=hunter2`);
  await example.line('slow began');
  example.child.kill('SIGTERM');
  assert.deepEqual(await (await answer).json(), { done: true });
  assert.equal(await example.exit(), 0);
  const messages = example.lines.map((line) => line.msg);
  assert.deepEqual(messages.slice(-4), ['stopping', 'request', 'closed', 'stopped']);
  assert.equal((await example.line('request')).path, '/slow');
  assert.ok(!JSON.stringify(example.lines).includes('hunter2'));
});

test('a connection that was opened and never used does not hold up the end', async () => {
  const example = new Example({ TOKEN: 'secret' });
  const { port } = new URL(await example.url());
  const unused = connect(Number(port), '127.0.0.1');
  await once(unused, 'connect');
  example.child.kill('SIGTERM');
  assert.equal(await example.exit(), 0);
  unused.destroy();
});

test('a stop that hangs is given up after its grace, with 1', async () => {
  const example = new Example({ TOKEN: 'secret', WAIT: '60000' });
  fetch(`${await example.url()}/slow`).catch(() => undefined);
  await example.line('slow began');
  example.child.kill('SIGTERM');
  assert.equal(await example.exit(), 1);
  assert.equal(example.lines.at(-1)?.msg, 'did not stop within 2 s');
});

test('wrong configuration is one line and exit status 1', async () => {
  const example = new Example({ PORT: 'http', LOG_LEVEL: 'loud' });
  assert.equal(await example.exit(), 1);
  assert.equal(example.errors, '');
  assert.deepEqual(
    example.lines.map((line) => [line.level, line.msg]),
    [
      [
        'fatal',
        'configuration: LOG_LEVEL must be one of trace, debug, info, warn, error, fatal, silent, is "loud"; ' +
          'PORT must be an integer from 0 to 65535, is "http"; TOKEN is missing',
      ],
    ],
  );
});
