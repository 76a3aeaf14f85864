#!/usr/bin/env node
// Plain JavaScript, since the Node that starts it may not run TypeScript: finds one that does.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const main = new URL('./main.ts', import.meta.url);
const bundledNode = fileURLToPath(new URL('../node_modules/.bin/node', import.meta.url));

if (process.features.typescript) {
  await import(main.href);
} else if (existsSync(bundledNode)) {
  const args = [fileURLToPath(main), ...process.argv.slice(2)];
  const { status, signal } = spawnSync(bundledNode, args, { stdio: 'inherit' });
  process.exitCode = status ?? (signal === null ? 1 : 128);
} else {
  console.error(
    `switchyard needs Node 22.19 or later, this is ${process.version}: ` +
      'install one, or run "npm ci" in its folder to get one',
  );
  process.exitCode = 1;
}
