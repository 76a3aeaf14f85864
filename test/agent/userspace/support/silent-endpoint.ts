/**
 * An endpoint that does not even refuse: a stopped process whose accept queue is full. The kernel
 * drops what comes then, as a node does that is gone.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ListenerEndpoint } from '../../../../rules/userspace/listener-spec.ts';
import { endpointAt } from './backend.ts';

/** An endpoint that nobody can connect to, and that takes its time to say so. */
export interface SilentEndpoint {
  readonly endpoint: ListenerEndpoint;
  stop(): void;
}

/** Starts a process that listens, stops it, and fills its queue. */
export async function startSilentEndpoint(): Promise<SilentEndpoint> {
  const child = spawn(process.execPath, ['-e', LISTEN], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  const endpoint = endpointAt(Number(line.toString()));
  child.kill('SIGSTOP');
  const held: Socket[] = [];
  // Two get in; one more than that is kept waiting.
  for (let isFull = false; !isFull && held.length < 10;) {
    const socket = connect({ host: endpoint.ip, port: endpoint.port });
    socket.on('error', () => undefined);
    held.push(socket);
    isFull = await Promise.race([once(socket, 'connect').then(() => false), sleep(50, true)]);
  }
  return {
    endpoint,
    stop() {
      for (const socket of held) socket.destroy();
      child.kill('SIGKILL');
    },
  };
}

// --- internal ---

const LISTEN = `
const server = require('node:net').createServer();
server.listen(0, '127.0.0.1', 1, () => console.log(server.address().port));
`;
