/** Connections on which no request has come yet: browsers open them beforehand, and a server that closes waits for them. */

import { subscribe } from 'node:diagnostics_channel';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';

const unused = new Set<Socket>();

export function watchConnections(): void {
  subscribe('net.server.socket', (event) => {
    const { socket } = event as { socket: Socket };
    unused.add(socket);
    socket.once('close', () => unused.delete(socket));
  });
  subscribe('http.server.request.start', (event) => {
    unused.delete((event as { request: IncomingMessage }).request.socket);
  });
}

export function closeUnused(): void {
  for (const socket of unused) socket.destroy();
}
