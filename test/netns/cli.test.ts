/** The commands on a real kernel, in this process's own network namespace. */
import { once } from 'node:events';
import { readFile, rename, rm, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { execa } from 'execa';
import { IPTABLES_VARIANTS } from '../../agent/kernel/iptables-variant.ts';
import { type Program, startProgram } from '../../scripts/world/program.ts';
import { EXAMPLES, ROOT, switchyard } from '../agent/cli/support.ts';
import { put, useTempFolder } from '../agent/cluster/support/temp-folder.ts';
import { rawService } from '../rules/services/builders.ts';
import { CLUSTER_CIDR, clusterIp, externalIp, podIp } from '../support/addresses.ts';
import { iptablesObstacle, itUnless } from './support/iptables-obstacle.ts';
import { list, load, nft, useEmptyRuleset } from './support/tables.ts';

/** A name for this process's own namespace, by which programs can be started in it. */
const HERE = 'cli-test';

const MAIN = join(ROOT, 'agent/main.ts');

const FLAGS = [
  ...['--hostname-override', 'node-1'],
  ...['--cluster-cidr', `${CLUSTER_CIDR.IPv4},${CLUSTER_CIDR.IPv6}`],
];
const ON_EXAMPLES = ['--manifests', EXAMPLES, ...FLAGS];

describe('the commands on a kernel', function () {
  this.timeout(60_000);
  useEmptyRuleset();

  it('run --once programs the kernel, leaves the rules there, and does nothing when it is repeated', async () => {
    const first = await switchyard(['run', '--once', ...ON_EXAMPLES]);
    expect(first.stderr.match(/ applied family=IPv[46] table=create /g)).to.have.lengthOf(2);
    expect([first.exitCode, first.stdout]).to.deep.equal([0, '']);
    expect(await list('map', 'ip', 'switchyard', 'service-ips')).to.include('default/web:http');
    const second = await switchyard(['run', '--once', ...ON_EXAMPLES]);
    expect(second.stderr).to.not.include('applied');
    expect(second.exitCode).to.equal(0);
  });

  it('diff lists by Service what run would change, changes nothing, and tells by its exit code', async () => {
    const before = await switchyard(['diff', ...ON_EXAMPLES]);
    expect(before.stdout).to.match(/^IPv4 table\n {2}\+ table with its maps/);
    expect(before.stdout).to.match(/^IPv6 default\/web:http\n( {2}\+ .*\n)+/m);
    expect([before.exitCode, before.stderr]).to.deep.equal([1, '']);
    expect(await list('tables')).to.equal('');

    await switchyard(['run', '--once', ...ON_EXAMPLES]);
    const same = await switchyard(['diff', ...ON_EXAMPLES]);
    expect(same).to.deep.equal({ exitCode: 0, stdout: '', stderr: '' });
  });

  it('diff finds what somebody else did to the table', async () => {
    await switchyard(['run', '--once', ...ON_EXAMPLES]);
    const vip = clusterIp('IPv4', 10);
    await load(`delete element ip switchyard service-ips { ${vip} . tcp . 80 }`);
    const { exitCode, stdout } = await switchyard(['diff', ...ON_EXAMPLES]);
    expect(stdout).to.equal(`IPv4 default/web:http\n  + ${vip}:80/TCP -> tcp-endpoints-3`);
    expect(exitCode).to.equal(1);
  });

  it('render, loaded by nft, is exactly what run --once leaves', async () => {
    const { stdout } = await switchyard(['render', ...ON_EXAMPLES]);
    await load(stdout);
    const rendered = await ourRules();
    expect((await switchyard(['diff', ...ON_EXAMPLES])).exitCode).to.equal(0);
    await load('flush ruleset');
    await switchyard(['run', '--once', ...ON_EXAMPLES]);
    expect(await ourRules()).to.equal(rendered);
  });

  for (const family of ['ipv4', 'ipv6']) {
    it(`render --family ${family} in nftables mode is what nft reads`, async () => {
      const { stdout } = await switchyard(['render', '--family', family, ...ON_EXAMPLES]);
      await load(stdout);
      expect(await list('tables')).to.equal(`table ${family === 'ipv4' ? 'ip' : 'ip6'} switchyard`);
    });

    for (const variant of IPTABLES_VARIANTS) {
      const program = `${family === 'ipv4' ? 'iptables' : 'ip6tables'}-${variant}-restore`;
      const title = `render --family ${family} in iptables mode is what ${program} reads`;
      itUnless(iptablesObstacle(variant), title, async () => {
        const mode = ['--proxy-mode', 'iptables', '--family', family];
        const { stdout } = await switchyard(['render', ...mode, ...ON_EXAMPLES]);
        expect(stdout).to.include('\n:KUBE-SVC-');
        await execa('unshare', ['--net', program, '--noflush', '--test'], { input: `${stdout}\n` });
      });
    }
  }

  it('cleanup removes our tables and nobody else’s, and may be repeated', async () => {
    await load('add table ip kube-proxy\nadd table inet switchyard\nadd table ip6 filter');
    const others = await list('tables');
    await switchyard(['run', '--once', ...ON_EXAMPLES]);
    const first = await switchyard(['cleanup']);
    expect(first).to.include({ exitCode: 0, stderr: '' });
    expect(first.stdout.split('\n').filter((line) => line.startsWith('removed '))).to.deep.equal([
      'removed table ip switchyard',
      'removed table ip6 switchyard',
    ]);
    expect(await list('tables')).to.equal(others);
    const second = await switchyard(['cleanup']);
    expect(second).to.include({ exitCode: 0, stderr: '' });
    for (const line of second.stdout.split('\n')) expect(line).to.match(/: nothing to remove$/);
  });

  it('check finds everything that is needed, and changes nothing', async () => {
    const { exitCode, stdout, stderr } = await switchyard(['check']);
    expect(stdout)
      .to.match(/^ok {7}nft \d/)
      .and.not.match(/^missing/m);
    expect([exitCode, stderr]).to.deep.equal([0, '']);
    expect(await list('tables')).to.equal('');
  });

  it('check warns of kube-proxy', async () => {
    await load('add table ip kube-proxy\nadd chain ip kube-proxy services');
    const { exitCode, stdout } = await switchyard(['check']);
    expect(stdout).to.match(/^warning {2}kube-proxy has tables of nftables\n/m);
    expect(exitCode).to.equal(0);
  });

  describe('run', () => {
    const pathTo = useTempFolder();
    const agents: Program[] = [];

    before(() => execa('ip', ['netns', 'attach', HERE, String(process.pid)]));
    after(() => execa('ip', ['netns', 'delete', HERE]));
    afterEach(async () => {
      await Promise.all(agents.splice(0).map((agent) => agent.stop()));
    });

    /** Starts an agent that looks after its tables every second, and waits for its first sync. */
    async function start(path: string, ...flags: string[]): Promise<Program> {
      const periods = ['--iptables-sync-period', '1s', '--iptables-min-sync-period', '0s'];
      const args = [MAIN, 'run', '--manifests', path, ...FLAGS, ...periods, ...flags];
      const agent = startProgram(HERE, process.execPath, args);
      agents.push(agent);
      await agent.waitForOutput(times(/\bapplied\b/, 2));
      return agent;
    }

    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      it(`ends with 0 on ${signal} and leaves the rules`, async () => {
        const agent = await start(EXAMPLES);
        const rules = await ourRules();
        agent.signal(signal);
        expect(await agent.ended()).to.deep.equal({ exitCode: 0, signal: undefined });
        expect(agent.stderr).to.match(/info {2}stopped; the rules stay\n$/);
        expect(await ourRules()).to.equal(rules);
      });
    }

    it('writes JSON when it is asked to', async () => {
      const agent = await start(EXAMPLES, '--logging-format', 'json');
      for (const line of agent.stderr.trimEnd().split('\n')) {
        expect(JSON.parse(line)).to.include.keys('level', 'time', 'msg');
      }
    });

    it('puts back what somebody flushed', async () => {
      const agent = await start(EXAMPLES);
      const rules = await ourRules();
      await load('flush ruleset');
      await agent.waitForOutput(times(/ applied family=IPv4 table=create /, 2));
      await agent.waitForOutput(times(/ applied family=IPv6 table=create /, 2));
      expect(await ourRules()).to.equal(rules);
    });

    it('gives an address to the younger Service when the older one goes, and back', async () => {
      const older = serviceOf(1, { externalIPs: [externalIp('IPv4', 1)] }, 2025);
      const younger = serviceOf(2, { externalIPs: [externalIp('IPv4', 1)] }, 2026);
      await put(pathTo('younger.yaml'), asText(younger));
      await put(pathTo('older.yaml'), asText(older));
      const agent = await start(pathTo());
      expect(await ownerOf(externalIp('IPv4', 1))).to.equal('default/web-1:http');
      expect(agent.stderr).to.match(/ warn {2}conflict problem="Service default\/web-2: /);
      await rm(pathTo('older.yaml'));
      await agent.waitForOutput(times(/ applied family=IPv4 /, 2));
      expect(await ownerOf(externalIp('IPv4', 1))).to.equal('default/web-2:http');
      await put(pathTo('older.yaml'), asText(older));
      await agent.waitForOutput(times(/ applied family=IPv4 /, 3));
      expect(await ownerOf(externalIp('IPv4', 1))).to.equal('default/web-1:http');
      expect(agent.stderr.match(/ conflict /g)).to.have.lengthOf(2);
    });

    it('keeps the rules while its folder is away, and goes on when it is back', async () => {
      const folder = pathTo('manifests');
      await mkdir(folder);
      await put(join(folder, 'web.yaml'), asText(serviceOf(1)));
      const agent = await start(folder);
      await rename(folder, pathTo('elsewhere'));
      await agent.waitForOutput(/ warn {2}bad input problem=".*stay as they are until it is back/);
      expect(await ownerOf(clusterIp('IPv4', 1))).to.equal('default/web-1:http');
      await put(pathTo('elsewhere', 'more.yaml'), asText(serviceOf(2)));
      await rename(pathTo('elsewhere'), folder);
      await agent.waitForOutput(times(/ applied family=IPv4 /, 2));
      expect(await ownerOf(clusterIp('IPv4', 1))).to.equal('default/web-1:http');
      expect(await ownerOf(clusterIp('IPv4', 2))).to.equal('default/web-2:http');
    });

    it('says once what is wrong with a file, programs the others, and that one when it is right', async () => {
      await put(pathTo('bad.yaml'), asText(serviceOf(1, { clusterIP: 'nonsense' })));
      await put(pathTo('good.yaml'), asText(serviceOf(2)));
      const agent = await start(pathTo());
      expect(agent.stderr.match(/ bad input /g)).to.have.lengthOf(1);
      expect(await ownerOf(clusterIp('IPv4', 2))).to.equal('default/web-2:http');
      await put(pathTo('bad.yaml'), asText(serviceOf(1)));
      await agent.waitForOutput(times(/ applied family=IPv4 /, 2));
      expect(await ownerOf(clusterIp('IPv4', 1))).to.equal('default/web-1:http');
    });

    it('replaces a source range by a narrower or a wider one, which nft takes for an overlap', async () => {
      const write = (bits: number): Promise<void> => {
        const loadBalancerSourceRanges = [`${podIp('IPv4', 1, 1)}/${bits}`];
        const spec = { type: 'LoadBalancer', loadBalancerSourceRanges };
        const status = { loadBalancer: { ingress: [{ ip: externalIp('IPv4', 1) }] } };
        return put(pathTo('web.yaml'), asText({ ...serviceOf(1, spec), status }));
      };
      await write(16);
      const agent = await start(pathTo());
      for (const [index, bits] of [24, 8, 20].entries()) {
        await write(bits);
        await agent.waitForOutput(times(/ applied family=IPv4 /, 2 + index));
        expect(await list('set', 'ip', 'switchyard', 'source-ranges')).to.include(`/${bits} }`);
      }
      expect(agent.stderr).to.not.match(/sync failed|repairing|refused/);
    });

    it('ends with 0 on SIGTERM while it still waits for manifests', async () => {
      // The warning about the last flag tells that it runs.
      const args = [MAIN, 'run', '--manifests', '-', ...FLAGS, '--profiling'];
      const child = execa(process.execPath, args, { stdin: 'pipe', reject: false });
      await once(child.stderr, 'data');
      child.kill('SIGTERM');
      const { exitCode, stderr } = await child;
      expect(stderr).to.match(/ info {2}stopped before the first sync$/);
      expect(exitCode).to.equal(0);
    });

    it('programs what comes on standard input, and stays', async () => {
      const input = await readFile(join(EXAMPLES, 'web.yaml'), 'utf8');
      const { exitCode, stderr } = await switchyard(
        ['run', '--once', '--manifests', '-', ...FLAGS],
        {
          input,
        },
      );
      expect([exitCode, stderr.match(/ applied /g)?.length]).to.deep.equal([0, 2]);
      expect(await list('map', 'ip', 'switchyard', 'service-ips')).to.include('default/web:http');
    });
  });
});

// --- internal ---

/** Output in which a pattern is found so many times. */
function times(pattern: RegExp, count: number): RegExp {
  return new RegExp(`(?:${pattern.source}[^]*){${count}}`);
}

/** default/web-N with ClusterIP number N. */
function serviceOf(number: number, spec: object = {}, year = 2026): object {
  return rawService(
    { clusterIP: clusterIp('IPv4', number), ...spec },
    { metadata: { name: `web-${number}`, creationTimestamp: `${year}-01-01T00:00:00Z` } },
  );
}

function asText(...objects: object[]): string {
  return objects.map((object) => JSON.stringify(object)).join('\n---\n');
}

/** Our tables as nft lists them; which of the two was made first is of no account. */
async function ourRules(): Promise<string> {
  return (await list('table', 'ip', 'switchyard')) + (await list('table', 'ip6', 'switchyard'));
}

/** The Service that answers at an address on port 80, with or without endpoints. */
async function ownerOf(ip: string): Promise<string | undefined> {
  const { stdout } = await nft(['list', 'map', 'ip', 'switchyard', 'no-endpoint-services']);
  return new RegExp(`${ip} \\. tcp \\. 80 comment "([^"]*)"`).exec(stdout)?.[1];
}
