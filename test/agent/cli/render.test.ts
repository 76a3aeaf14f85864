import { copyFile, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect } from 'chai';
import { parseRuleset, renderRuleset } from '../../../rules/nftables-json/index.ts';
import { put, useTempFolder } from '../cluster/support/temp-folder.ts';
import { CLUSTER_CIDR, clusterIp, SERVICE_CIDR } from '../../support/addresses.ts';
import { EXAMPLES, PATH_WITHOUT_NFT, ROOT, switchyard } from './support.ts';

const NODE_1 = [
  '--hostname-override',
  'node-1',
  '--cluster-cidr',
  `${CLUSTER_CIDR.IPv4},${CLUSTER_CIDR.IPv6}`,
];

describe('render', () => {
  const pathTo = useTempFolder();

  it('prints both families’ rulesets and nothing else, without nft', async () => {
    const { exitCode, stdout, stderr } = await render([], { path: PATH_WITHOUT_NFT });
    expect([exitCode, stderr]).to.deep.equal([0, '']);
    for (const family of ['ip', 'ip6']) {
      expect(stdout).to.include(`add table ${family} switchyard {`);
      expect(stdout).to.match(
        new RegExp(`^add element ${family} switchyard service-ips .*default/web`, 'm'),
      );
    }
    for (const line of stdout.split('\n'))
      expect(line).to.match(/^(add|delete) \w+ ip6? switchyard/);
  });

  it('prints the same for the same manifests, from wherever and in whatever order they come', async () => {
    const files = (await readdir(EXAMPLES)).sort();
    const texts = await Promise.all(files.map((file) => readFile(join(EXAMPLES, file), 'utf8')));
    await Promise.all(
      files.map((file, i) => copyFile(join(EXAMPLES, file), pathTo(`${files.length - i}-${file}`))),
    );
    const backwards = texts.toReversed().join('\n---\n');
    const [folder, otherFolder, stdin] = await Promise.all([
      render([]),
      render(['--manifests', pathTo()]),
      render(['--manifests', '-'], { input: backwards }),
    ]);
    expect(otherFolder).to.deep.equal(folder);
    expect(stdin).to.deep.equal(folder);
  });

  it('prints JSON with the same commands as the text, and says who can read it', async () => {
    const [text, json] = await Promise.all([render([]), render(['-o', 'json'])]);
    const { nftables } = parseRuleset(json.stdout);
    expect(renderRuleset(nftables).trimEnd()).to.equal(text.stdout);
    expect(json.stderr).to.match(/^note: the maps .* older ones take the text form only$/);
    expect(json.exitCode).to.equal(0);
  });

  for (const mode of ['nftables', 'iptables', 'userspace']) {
    for (const output of ['text', 'json']) {
      it(`prints one family or the other of ${mode} mode as ${output}`, async () => {
        const flags = ['--proxy-mode', mode, '-o', output];
        const [ipv4, ipv6] = await Promise.all([
          render([...flags, '--family', 'ipv4']),
          render([...flags, '--family', 'ipv6']),
        ]);
        expect(ipv4.stdout).to.include(clusterIp('IPv4', 10)).and.not.include(CLUSTER_CIDR.IPv6);
        expect(ipv6.stdout).to.include(clusterIp('IPv6', 10)).and.not.include(CLUSTER_CIDR.IPv4);
      });
    }
  }

  it('goes by the flags', async () => {
    const { stdout } = await render([
      '--masquerade-all',
      '--nodeport-addresses',
      SERVICE_CIDR.IPv4,
    ]);
    expect(stdout).to.include('masquerade all ClusterIP traffic');
    expect(stdout).to.include(`element ip switchyard nodeport-cidrs { ${SERVICE_CIDR.IPv4} }`);
  });

  it('ends quietly when nobody reads on', async () => {
    await put(
      pathTo('many.json'),
      JSON.stringify({ kind: 'List', apiVersion: 'v1', items: many() }),
    );
    const args = ['agent/main.ts', 'render', '--manifests', pathTo('many.json')];
    const child = spawn(process.execPath, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.once('data', () => {
      child.stdout.destroy();
    });
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    await once(child, 'close');
    expect([child.exitCode, stderr]).to.deep.equal([1, '']);
  });
});

// --- internal ---

function render(args: readonly string[], options: { input?: string; path?: string } = {}) {
  const manifests = args.includes('--manifests') ? [] : ['--manifests', EXAMPLES];
  return switchyard(['render', ...manifests, ...NODE_1, ...args], options);
}

/** More Services than a pipe holds text of. */
function many(): object[] {
  return Array.from({ length: 2000 }, (_, index) => ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: `web-${index}` },
    spec: { clusterIP: clusterIp('IPv4', index + 1), ports: [{ port: 80 }] },
  }));
}
