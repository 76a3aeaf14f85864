/** docs/troubleshooting.md, typed line by line on a node with the Services of manifests/examples. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Host } from '../../scripts/world/host.ts';
import { createWorld, type World } from '../../scripts/world/world.ts';
import { EXAMPLES, ROOT } from '../agent/cli/support.ts';
import { CLUSTER_CIDR, clusterIp } from '../support/addresses.ts';

const PAGE = join(ROOT, 'docs/troubleshooting.md');
const MONITOR = 'monitor trace';
const WEB = { protocol: 'tcp', ip: clusterIp('IPv4', 10), port: 80 } as const;

describe('docs/troubleshooting.md', function () {
  this.timeout(60_000);
  let world: World;
  let node: Host;
  let commands: readonly string[];

  before(async () => {
    commands = nftCommandsOf(await readFile(PAGE, 'utf8'));
    world = await createWorld({ nodes: [{ pods: 2 }, { pods: 1 }], clients: 0 });
    node = world.host('node-1');
    await node.exec(process.execPath, [
      ...[join(ROOT, 'agent/main.ts'), 'run', '--once', '--manifests', EXAMPLES],
      ...['--hostname-override', 'node-1', '--cluster-cidr', CLUSTER_CIDR.IPv4],
    ]);
  });

  after(async () => {
    await world.close();
  });

  it('has lookups that find the Services of the examples', async () => {
    const lookups = commands.filter((command) => /^(get|list) /.test(command));
    expect(lookups).to.have.length.above(5);
    for (const lookup of lookups) await node.exec('nft', wordsOf(lookup));
  });

  it('has lookups that fail for what nobody serves', async () => {
    const lookup = commands.find((command) => command.includes('service-ips')) ?? '';
    const other = wordsOf(lookup.replace(' . 80 ', ' . 81 '));
    const result = await node.exec('nft', other, { mayFail: true });
    expect(result.stderr).to.include('No such file or directory');
  });

  it('shows a packet’s way through the rules, and cleans up', async () => {
    const steps = commands.slice(commands.indexOf('add table ip why'));
    const monitorAt = steps.indexOf(MONITOR);
    for (const step of steps.slice(0, monitorAt)) await node.exec('nft', wordsOf(step));
    const monitor = node.spawn('nft', wordsOf(MONITOR));
    // It does not say when it begins to listen.
    while (!monitor.stdout.includes('masquerading rule')) await node.connect(WEB);
    await monitor.stop();
    for (const step of steps.slice(monitorAt + 1)) await node.exec('nft', wordsOf(step));

    for (const line of [
      /^trace id \w+ ip switchyard services rule .* vmap @service-ips \(verdict goto tcp-endpoints-3\)/m,
      /^trace id \w+ ip switchyard tcp-endpoints-3 rule dnat .* \(verdict accept\)/m,
      /^trace id \w+ ip switchyard masquerading rule .* masquerade fully-random/m,
    ]) {
      expect(monitor.stdout).to.match(line);
    }
    const { stdout } = await node.exec('nft', ['list', 'tables']);
    expect(stdout).to.not.include('why');
  });
});

/** What follows `nft` in the page's blocks of commands, without comments. */
function nftCommandsOf(page: string): string[] {
  return [...page.matchAll(/^```sh\n(.*?)^```/gms)]
    .flatMap(([, block = '']) => block.split('\n'))
    .filter((line) => line.startsWith('nft '))
    .map((line) => line.slice('nft '.length).replace(/\s+#.*$/, ''));
}

/** As a shell parts them: what is in quotes is one word. */
function wordsOf(command: string): string[] {
  return [...command.matchAll(/'([^']*)'|\S+/g)].map(([word, quoted]) => quoted ?? word);
}
