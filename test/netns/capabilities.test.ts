import { expect } from 'chai';
import { execa } from 'execa';
import { isPrivate } from '../../scripts/world/private.ts';
import { daemonSetAmong, objectsIn } from '../manifests/support/objects.ts';
import { podIp } from '../support/addresses.ts';

/** What the agent does in its life, by the commands that do it. */
const DEEDS: readonly { readonly name: string; readonly command: readonly string[] }[] = [
  { name: 'looking around', command: ['agent/main.ts', 'check'] },
  {
    name: 'programming the kernel',
    command: [
      ...['agent/main.ts', 'run', '--once', '--manifests', 'manifests/examples'],
      ...['--hostname-override', 'node-1'],
    ],
  },
  { name: 'cleaning up', command: ['agent/main.ts', 'cleanup'] },
];

/** A flow, as the conntrack program wants it described. */
const FLOW = [
  ...['--proto', 'udp', '--src', podIp('IPv4', 1, 1), '--dst', podIp('IPv4', 1, 2)],
  ...['--sport', '1000', '--dport', '53'],
];

describe("the DaemonSet's capabilities", () => {
  const [agent] = daemonSetAmong(objectsIn('base/daemonset.yaml')).spec.template.spec.containers;
  const { add } = (agent?.securityContext as { capabilities: { add: readonly string[] } })
    .capabilities;

  before('needs setpriv', async function () {
    if (!isPrivate()) throw new Error('it changes the kernel in private namespaces only');
    const { code } = await execa('setpriv', ['--version'], { reject: false });
    if (code === 'ENOENT') this.skip();
  });

  /** Runs a program as root with these capabilities and no way to get others, as in a container. */
  const runWith = async (capabilities: readonly string[], command: readonly string[]) => {
    const bounds = ['-all', ...capabilities.map((name) => `+${name.toLowerCase()}`)].join();
    const options = ['--bounding-set', bounds, '--inh-caps', '-all', '--no-new-privs'];
    return await execa('setpriv', [...options, '--', ...command], { reject: false });
  };

  for (const { name, command } of DEEDS) {
    it(`are enough for ${name}`, async () => {
      const { exitCode, stderr } = await runWith(add, [process.execPath, ...command]);
      expect(exitCode, stderr).to.equal(0);
    });

    it(`are needed for ${name}`, async () => {
      for (const missing of add) {
        const others = add.filter((capability) => capability !== missing);
        const result = await runWith(others, [process.execPath, ...command]);
        expect(result.exitCode, missing).to.equal(1);
      }
    });
  }

  it('are enough for listing and deleting flows, and needed', async function () {
    const { code } = await execa('conntrack', ['--version'], { reject: false });
    if (code === 'ENOENT') this.skip();
    await execa('conntrack', ['--create', ...FLOW, '--timeout', '60']);
    for (const deed of ['--dump', '--delete']) {
      const command = ['conntrack', deed, ...FLOW];
      expect((await runWith([], command)).exitCode, `${deed}, without`).not.to.equal(0);
      const { stdout, stderr } = await runWith(add, command);
      expect(stdout, stderr).to.include('dport=53');
    }
    const { stdout } = await execa('conntrack', ['--dump', ...FLOW]);
    expect(stdout).to.equal('');
  });
});
