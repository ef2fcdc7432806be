import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';

export interface Server {
  readonly url: string;
  readonly requests: IncomingMessage[];
}

/** A real server that ends with the test. */
export async function serve(
  context: TestContext,
  answer: (request: IncomingMessage, response: ServerResponse, number: number) => void,
): Promise<Server> {
  const requests: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    answer(request, response, requests.push(request));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  context.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests };
}

export function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
