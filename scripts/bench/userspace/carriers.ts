/** Starts those who carry bytes, and the endpoint that they carry them to. */
import { readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { descriptorLimit } from '../../../agent/userspace/system-limits.ts';
import { startChild, untilAccepting, type Child } from './child.ts';
import type { Carrier } from './figures.ts';
import {
  CARRIER_CORE,
  ENDPOINT_PORT,
  FIRST_PORT,
  LOAD_CORE,
  LOOPBACK,
  UDP_ENDPOINT_PORT,
} from './places.ts';

/** What a carrier is to do: so many TCP listeners, or one for datagrams. */
export type Work = { readonly tcpListeners: number } | { readonly isUdp: true };

/** The size of the file that the endpoint has under `/large`. */
export const LARGE_BYTES = 64 * 2 ** 20;

/** Starts a carrier; it may write files into the folder. Resolves when its last listener accepts. */
export async function startCarrier(carrier: Carrier, work: Work, folder: string): Promise<Child> {
  const child = startChild(CARRIER_CORE, commandOf(carrier, work, folder));
  try {
    // Nobody can ask a UDP socket whether it is there: it gets an answer to its first datagram, or none.
    if ('tcpListeners' in work) await untilAccepting(FIRST_PORT + work.tcpListeners - 1);
  } catch (error) {
    await child.stop();
    throw error;
  }
  return child;
}

/** Starts nginx as the endpoint: 1 KiB at `/`, and a large file at `/large`. */
export async function startEndpoint(folder: string): Promise<Child> {
  const large = join(folder, 'large');
  writeFileSync(large, '');
  truncateSync(large, LARGE_BYTES);
  const child = startChild(LOAD_CORE, nginxCommand('endpoint', endpointConfig(folder), folder));
  await untilAccepting(ENDPOINT_PORT);
  return child;
}

/** Where Debian has nginx's module for streams. */
export const STREAM_MODULE = '/usr/lib/nginx/modules/ngx_stream_module.so';

// --- internal ---

const SWITCHYARD = fileURLToPath(new URL('switchyard.ts', import.meta.url));

function commandOf(carrier: Carrier, work: Work, folder: string): readonly string[] {
  switch (carrier) {
    case 'switchyard':
      return [process.execPath, SWITCHYARD, JSON.stringify(work)];
    case 'haproxy':
      return haproxyCommand(work, folder);
    case 'nginx':
      return nginxCommand('stream', streamConfig(work), folder);
  }
}

function haproxyCommand(work: Work, folder: string): readonly string[] {
  const listeners = portsOf(work).map(
    (port) => `
listen port-${port}
  bind ${LOOPBACK}:${port} backlog 4096
  server endpoint ${LOOPBACK}:${ENDPOINT_PORT}`,
  );
  const file = join(folder, 'haproxy.cfg');
  writeFileSync(
    file,
    `global
  nbthread 1
  maxconn ${maxConnections(work)}
defaults
  mode tcp
  maxconn ${maxConnections(work)}
  timeout connect 5s
  timeout client 600s
  timeout server 600s
${listeners.join('\n')}
`,
  );
  return ['haproxy', '-db', '-q', '-f', file];
}

function nginxCommand(name: string, config: string, folder: string): readonly string[] {
  const file = join(folder, `${name}.conf`);
  const common = `daemon off; master_process off; user root; pid ${folder}/${name}.pid;
error_log ${folder}/${name}.log crit;
events { worker_connections ${WORKER_CONNECTIONS}; multi_accept on; }
`;
  // A module must be loaded before anything else.
  const [load, ...rest] = config.startsWith('load_module') ? config.split('\n') : ['', config];
  writeFileSync(file, `${load ?? ''}\n${common}${rest.join('\n')}\n`);
  return ['nginx', '-c', file, '-e', `${folder}/${name}.log`];
}

function streamConfig(work: Work): string {
  const isUdp = 'isUdp' in work;
  const port = isUdp ? UDP_ENDPOINT_PORT : ENDPOINT_PORT;
  const servers = portsOf(work).map((listen) =>
    isUdp
      ? `server { listen ${LOOPBACK}:${listen} udp; proxy_timeout 30s; proxy_pass endpoint; }`
      : `server { listen ${LOOPBACK}:${listen} backlog=4096; proxy_pass endpoint; }`,
  );
  return `load_module ${STREAM_MODULE};
stream {
  proxy_timeout 600s;
  upstream endpoint { server ${LOOPBACK}:${port}; }
  ${servers.join('\n  ')}
}`;
}

function endpointConfig(folder: string): string {
  // With some 170 bytes of header, an answer of 1 KiB.
  return `http {
  access_log off;
  client_header_timeout 600s;
  server {
    listen ${LOOPBACK}:${ENDPOINT_PORT} backlog=4096;
    location / { default_type text/plain; return 200 "${'x'.repeat(850)}"; }
    location /large { root ${folder}; sendfile on; }
  }
}`;
}

/** What descriptors are left for, at two a connection; haproxy does not start where they are too few. */
function maxConnections(work: Work): number {
  const limit = descriptorLimit(readFileSync('/proc/self/limits', 'utf8'));
  return Math.floor((Math.min(limit, MAX_DESCRIPTORS) - portsOf(work).length - SPARE) / 2);
}

/** Both sides of a connection count, and each listener. */
const WORKER_CONNECTIONS = 30_000;

const MAX_DESCRIPTORS = 64_000;
const SPARE = 200;

function portsOf(work: Work): number[] {
  const count = 'tcpListeners' in work ? work.tcpListeners : 1;
  return Array.from({ length: count }, (_, i) => FIRST_PORT + i);
}
