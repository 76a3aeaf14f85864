/** The test API server on the command line: a cluster without nodes, to try things with kubectl. */
import { writeFile } from 'node:fs/promises';
import { Command } from 'commander';
import { createTestApiServer } from './api-server.ts';
import { certificatesObstacle, createCertificates } from './certificates.ts';

/** As often as a real server. */
const BOOKMARK_MS = 60_000;

const program = new Command('api-server')
  .description('Serves a Kubernetes API for tests; nothing is kept when it ends.')
  .option('--host <address>', 'where to listen', '127.0.0.1')
  .option('--port <port>', 'where to listen; 0 for any that is free', '0')
  .option('--kubeconfig <file>', 'write a kubeconfig file', 'kubeconfig.yaml')
  .option('--plain', 'serve plain HTTP without any authentication');

const { host, port, kubeconfig, plain } = program
  .parse()
  .opts<{ host: string; port: string; kubeconfig: string; plain?: boolean }>();

const token = crypto.randomUUID();
const obstacle = plain === true ? undefined : await certificatesObstacle();
if (obstacle !== undefined) program.error(`no TLS: ${obstacle}; --plain does without`);
const secured = {
  certificates: await createCertificates([`IP:${host}`]),
  tokens: new Set([token]),
};
const server = await createTestApiServer({
  host,
  port: Number(port),
  ...(plain === true ? {} : secured),
});
await writeFile(kubeconfig, server.kubeconfig({ token }), { mode: 0o600 });
process.stdout.write(`${server.url}\nkubectl --kubeconfig ${kubeconfig} get services\n`);
const bookmarks = setInterval(() => {
  server.bookmark();
}, BOOKMARK_MS);

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    clearInterval(bookmarks);
    void server.close();
  });
}
