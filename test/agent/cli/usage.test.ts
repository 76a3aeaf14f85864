import { readFile, writeFile } from 'node:fs/promises';
import { expect } from 'chai';
import { execa } from 'execa';
import { type FakeNft } from '../../support/fake-programs.ts';
import { useTempFolder } from '../cluster/support/temp-folder.ts';
import { EXAMPLES, parse, PATH_WITHOUT_NFT, ROOT, switchyard, withFakeNft } from './support.ts';

const COMMANDS = ['run', 'render', 'diff', 'check', 'cleanup'];

describe('the command line', () => {
  it('lists its commands when it is asked for help', async () => {
    const { exitCode, stdout, stderr } = await parse(['--help']);
    for (const command of COMMANDS) expect(stdout).to.match(new RegExp(`^ {2}${command} `, 'm'));
    expect([exitCode, stderr]).to.deep.equal([0, '']);
  });

  for (const command of COMMANDS) {
    it(`explains ${command}, with an example`, async () => {
      const { exitCode, stdout, stderr } = await parse([command, '--help']);
      expect(stdout).to.match(new RegExp(`\\nExamples?:\\n {2}(sudo )?switchyard ${command}\\b`));
      expect([exitCode, stderr]).to.deep.equal([0, '']);
    });
  }

  it('is found by the plain JavaScript that npm installs', async () => {
    const { stdout } = await execa(process.execPath, ['agent/switchyard.js', '--version'], {
      cwd: ROOT,
    });
    expect(stdout).to.equal('0.1.0');
  });

  const WRONG: readonly { readonly args: readonly string[]; readonly says: RegExp }[] = [
    { args: [], says: /^Usage: switchyard \[options\] \[command\]\n/ },
    { args: ['frobnicate'], says: /^error: unknown command 'frobnicate'\n/ },
    { args: ['--frobnicate'], says: /^error: unknown option '--frobnicate'\n/ },
    { args: ['check', '--frobnicate'], says: /^error: unknown option '--frobnicate'\n/ },
    { args: ['cleanup', 'everything'], says: /^error: too many arguments for 'cleanup'/ },
    { args: ['render'], says: /^error: required option '--manifests <path>' not specified\n/ },
    {
      args: ['render', '--manifests', EXAMPLES, '-o', 'yaml'],
      says: /^error: option '-o, --output <format>' argument 'yaml' is invalid\. .*text, json\.\n/,
    },
    {
      args: ['render', '--manifests', EXAMPLES, '--family', 'ip6'],
      says: /^error: option '--family <family>' argument 'ip6' is invalid. Allowed choices are ipv4, ipv6/,
    },
    {
      args: ['render', '--manifests', '/nowhere'],
      says: /^switchyard: expected a file, a folder or - at \/nowhere, found nothing$/,
    },
    {
      args: ['run', '--once', '--manifests', '/nowhere'],
      says: /^switchyard: expected a file, a folder or - at \/nowhere, found nothing$/,
    },
    {
      args: ['render', '--manifests', EXAMPLES, '--cluster-cidr', 'x'],
      says: /^switchyard: --cluster-cidr: expected a CIDR.*, got "x"$/,
    },
    {
      args: ['diff', '--manifests', EXAMPLES, '--cleanup'],
      says: /^error: unknown option '--cleanup'/,
    },
  ];
  for (const { args, says } of WRONG) {
    it(`is refused with 2 and a word about what is wrong: ${args.join(' ')}`, async () => {
      const { exitCode, stdout, stderr } = await parse(args);
      expect(stderr).to.match(says);
      expect([exitCode, stdout]).to.deep.equal([2, '']);
    });
  }

  it('refuses wrong use on standard error, and ends with 2', async () => {
    const { exitCode, stdout, stderr } = await switchyard(['frobnicate']);
    expect(stderr).to.match(/^error: unknown command 'frobnicate'\n/);
    expect([exitCode, stdout]).to.deep.equal([2, '']);
  });

  describe('with a configuration file', () => {
    const pathTo = useTempFolder();

    it('refuses an unknown field by its name', async () => {
      const file = pathTo('kube-proxy.yaml');
      await writeFile(file, `${CONFIG_HEADER}frobnicate: true\n`);
      expect(await parse(['render', '--manifests', EXAMPLES, '--config', file])).to.deep.equal({
        exitCode: 2,
        stdout: '',
        stderr: `switchyard: ${file}:3: frobnicate: unknown field; remove it or correct its name`,
      });
    });

    it('warns once of a field that is not in use, and goes by the others', async () => {
      const file = pathTo('kube-proxy.yaml');
      await writeFile(
        file,
        `${CONFIG_HEADER}enableProfiling: true\nnftables: {masqueradeAll: true}\n`,
      );
      const args = ['render', '--manifests', EXAMPLES, '--config', file];
      const { exitCode, stdout, stderr } = await switchyard(args);
      expect(stderr.match(/^warning: .*enableProfiling makes no sense here.*$/gm)).to.have.lengthOf(
        1,
      );
      expect(stdout).to.include('masquerade all ClusterIP traffic');
      expect(exitCode).to.equal(0);
    });

    it('run --write-config-to writes down what is in effect, and runs nothing', async () => {
      const [file, written] = [pathTo('kube-proxy.yaml'), pathTo('written.yaml')];
      await writeFile(file, `${CONFIG_HEADER}nftables: {masqueradeBit: 15}\n`);
      const args = ['run', '--config', file, '--hostname-override=node-1'];
      const ended = await switchyard([...args, '--write-config-to', written]);
      expect(ended).to.deep.equal({ exitCode: 0, stdout: '', stderr: '' });
      expect(await readFile(written, 'utf8'))
        .to.match(/^hostnameOverride: node-1$/m)
        .and.match(/^nftables:\n {2}masqueradeBit: 15$/m)
        .and.match(/^nodePortAddresses:\n {2}- primary$/m);
    });

    it('run --write-config-to says where it cannot write, and ends with 1', async () => {
      const { exitCode, stderr } = await switchyard(['run', '--write-config-to', pathTo()]);
      expect(stderr).to.match(/^switchyard: the configuration cannot be written: EISDIR/);
      expect(exitCode).to.equal(1);
    });
  });
});

describe('without an nft that works', () => {
  const MANIFESTS = ['--manifests', EXAMPLES];
  const MISSING = 'there is no program nft: install the nftables package';

  it('diff says so, and that it found nothing out', async () => {
    const ended = await switchyard(['diff', ...MANIFESTS], { path: PATH_WITHOUT_NFT });
    expect(ended).to.deep.equal({ exitCode: 2, stdout: '', stderr: `switchyard: ${MISSING}` });
  });

  for (const args of [['cleanup'], ['run', '--cleanup']]) {
    it(`${args.join(' ')} says so, goes on with iptables and succeeds, as kube-proxy`, async () => {
      const ended = await switchyard(args, { path: PATH_WITHOUT_NFT });
      const stdout = 'iptables is not installed: nothing to remove';
      const stderr = `passed over: ${MISSING}`;
      expect(ended).to.deep.equal({ exitCode: 0, stdout, stderr });
    });
  }

  it('check says what to install, and fails', async () => {
    const { exitCode, stdout, stderr } = await switchyard(['check'], { path: PATH_WITHOUT_NFT });
    expect(stdout).to.match(/^missing {2}nft\n {9}.*apt-get install nftables/m);
    expect(stderr).to.equal('switchyard: 1 needed and missing, see above');
    expect(exitCode).to.equal(1);
  });

  it('run --once says so for each family, and fails', async () => {
    const { exitCode, stdout, stderr } = await switchyard(['run', '--once', ...MANIFESTS], {
      path: PATH_WITHOUT_NFT,
    });
    expect(stderr).to.match(/ error sync failed family=IPv4 code=nft-missing error="there is no/);
    expect(stderr).to.match(/\nswitchyard: the sync failed, see above$/);
    expect([exitCode, stdout]).to.deep.equal([1, '']);
  });

  it('run --cleanup says what failed, and fails', async () => {
    const { exitCode, stdout, stderr } = await withFakeNft('killed', (path) =>
      switchyard(['run', '--cleanup'], { path }),
    );
    expect(stderr).to.match(
      /^nft was ended by SIGKILL.*\nswitchyard: the rules could not be removed, see above$/,
    );
    expect([exitCode, stdout]).to.deep.equal([1, 'iptables is not installed: nothing to remove']);
  });

  const WAYS: readonly { readonly kind: FakeNft; readonly says: RegExp }[] = [
    { kind: 'killed', says: /nft was ended by SIGKILL/ },
    { kind: 'crashing', says: /nft was ended by SIGABRT: nft: src\/netlink/ },
    { kind: 'truncated', says: /nft list chains ip printed what we cannot read/ },
  ];
  for (const { kind, says } of WAYS) {
    it(`diff fails in one line when nft is ${kind}`, async () => {
      const { exitCode, stdout, stderr } = await withFakeNft(kind, (path) =>
        switchyard(['diff', ...MANIFESTS], { path }),
      );
      expect(stderr).to.match(says).and.not.include('\n');
      expect([exitCode, stdout]).to.deep.equal([2, '']);
    });
  }
});

// --- internal ---

const CONFIG_HEADER =
  'apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n';
