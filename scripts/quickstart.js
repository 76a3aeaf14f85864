#!/usr/bin/env node
// `npm run demo`, `devcluster`, `bench` and `npm test` come through here: makes sure that what they need is
// on this machine, then starts them with a Node that runs TypeScript. Plain JavaScript without
// packages, since it has to run before any of that is there, on Node 20.
import { spawnSync, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const bundledNode = join(root, 'node_modules/.bin/node');

/** Programs that the scripts run, with the Debian package that has them. */
const TOOLS = {
  nft: 'nftables',
  iptables: 'iptables',
  conntrack: 'conntrack',
  ip: 'iproute2',
  unshare: 'util-linux',
  mount: 'mount',
  // The test API server's certificates.
  openssl: 'openssl',
};

const USAGE = 'usage: node scripts/quickstart.js demo|devcluster|test|bench [its options]';

const [task, ...args] = process.argv.slice(2);
if (!['demo', 'devcluster', 'test', 'bench'].includes(task)) fail(USAGE, 2);

installPackages();
const node = findNode();
installTools();
start(node, [join(root, 'scripts', `${task}.ts`), ...args]);

/** Installs npm packages where they are missing or not those of the lock file. */
function installPackages() {
  if (arePackagesCurrent()) return;
  say('installing npm packages (npm ci)');
  // npm gives its own path to scripts; without npm around us, the one on PATH has to do.
  const npm = process.env.npm_execpath;
  const command = npm === undefined ? ['npm'] : [process.execPath, npm];
  if (!succeeds([...command, 'ci'], { cwd: root })) fail('npm ci failed, see above');
}

/** npm leaves its own record of what it installed: the lock file without the root package. */
function arePackagesCurrent() {
  try {
    const wanted = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
    const installed = JSON.parse(
      readFileSync(join(root, 'node_modules/.package-lock.json'), 'utf8'),
    ).packages;
    return Object.entries(wanted).every(
      ([path, { version, optional }]) =>
        path === '' || optional === true || installed[path]?.version === version,
    );
  } catch {
    return false;
  }
}

/** The Node that came as an npm package, or this one if it will do. */
function findNode() {
  if (existsSync(bundledNode) && succeeds([bundledNode, '--version'], { stdio: 'ignore' })) {
    return bundledNode;
  }
  if (process.features.typescript) return process.execPath;
  fail(
    `Node 22.19 or later is needed, this is ${process.version}, and the one that npm installs is ` +
      'missing: install packages with scripts allowed (npm ci --allow-scripts), or install Node 24',
  );
}

/** Installs programs that are missing with apt, or says which they are. */
function installTools() {
  const missing = Object.keys(TOOLS).filter((tool) => !isOnPath(tool));
  if (missing.length === 0) return;
  const packages = [...new Set(missing.map((tool) => TOOLS[tool]))];
  const wanted = `missing: ${missing.join(', ')}; install the packages ${packages.join(', ')}`;
  if (!isOnPath('apt-get')) fail(`${wanted} with this system's package manager`);
  const asRoot = process.getuid() === 0 ? [] : ['sudo', '-n'];
  if (asRoot.length > 0 && !succeeds(['sudo', '-n', 'true'], { stdio: 'ignore' })) {
    fail(`${wanted}: sudo apt-get install ${packages.join(' ')}`);
  }
  say(`installing ${packages.join(', ')} (apt-get)`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const install = ['apt-get', 'install', '-y', '-q', '--no-install-recommends', ...packages];
  // The package lists may be missing or old on a fresh machine: then once more, with new ones.
  const isInstalled =
    succeeds([...asRoot, ...install], { env, stdio: 'ignore' }) ||
    (succeeds([...asRoot, 'apt-get', 'update', '-q'], { env }) &&
      succeeds([...asRoot, ...install], { env }));
  if (!isInstalled) fail(`${wanted}: apt-get failed, see above`);
}

/** Debian keeps system programs where an ordinary user's PATH does not look. */
function isOnPath(program) {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  return folders.some((folder) => existsSync(join(folder, program)));
}

/** Becomes the task, as far as a child can: signals go through, and so does the exit code. */
function start(program, argv) {
  const path = [join(root, 'node_modules/.bin'), process.env.PATH, '/usr/sbin', '/sbin'];
  const env = { ...process.env, PATH: path.join(delimiter) };
  const child = spawn(program, argv, { stdio: 'inherit', env });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => child.kill(signal));
  }
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? 128 + constants.signals[signal];
  });
}

function succeeds([program, ...argv], options) {
  return spawnSync(program, argv, { stdio: 'inherit', ...options }).status === 0;
}

function say(text) {
  console.error(`quickstart: ${text}`);
}

function fail(text, code = 1) {
  say(text);
  process.exit(code);
}
