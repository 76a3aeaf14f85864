/** The commands in userspace mode, as far as they need no kernel. */
import { expect } from 'chai';
import { renderRuleset, parseRuleset } from '../../../rules/nftables-json/index.ts';
import { CLUSTER_CIDR, nodeIp } from '../../support/addresses.ts';
import { EXAMPLES, PATH_WITHOUT_NFT, switchyard, type Ended } from './support.ts';

const FLAGS = [
  ...['--proxy-mode', 'userspace', '--hostname-override', 'node-1'],
  ...['--cluster-cidr', `${CLUSTER_CIDR.IPv4},${CLUSTER_CIDR.IPv6}`],
];

const render = (...args: string[]): Promise<Ended> =>
  switchyard(['render', '--manifests', EXAMPLES, ...FLAGS, ...args], { path: PATH_WITHOUT_NFT });

describe('userspace mode on the command line', function () {
  this.timeout(20_000);

  it('renders listeners with their endpoints, and a table that leads there', async () => {
    const { stdout, exitCode } = await render();
    expect(exitCode).to.equal(0);
    const [, listener = ''] =
      /^# listener (\S+)\/TCP \(round-robin\) -> \S+:8080, /m.exec(stdout) ?? [];
    const [ip = '', port = ''] = listener.split(':');
    expect(stdout).to.include(`${ip} . tcp . ${port} comment "default/web:http"`);
    expect(stdout).to.match(new RegExp(`tcp-endpoints \\{.* : ${ip} \\. ${port}`));
  });

  it('renders the same each time', async () => {
    const [first, second] = await Promise.all([render(), render()]);
    expect(first).to.deep.equal(second);
  });

  it('renders the table as JSON, and the listeners beside it', async () => {
    const [text, json] = await Promise.all([render(), render('-o', 'json')]);
    const commands = text.stdout.split('\n').filter((line) => !line.startsWith('#'));
    expect(renderRuleset(parseRuleset(json.stdout).nftables).trimEnd()).to.equal(
      commands.join('\n'),
    );
    expect(json.stderr).to.match(/^listener /m);
  });

  it('renders chains that lead to the listeners where iptables is to do it', async () => {
    const { stdout, exitCode } = await render('--userspace-redirect', 'iptables');
    expect(exitCode).to.equal(0);
    const [, listener = ''] = /^# listener (\S+)\/TCP .* -> \S+:8080, /m.exec(stdout) ?? [];
    const port = listener.split(':').at(-1);
    expect(stdout)
      .to.match(new RegExp(`-A KUBE-SVC-.* -j DNAT --to-destination ${listener}$`, 'm'))
      .and.match(new RegExp(`-A KUBE-.* ! --ctstate DNAT .*--dport ${port} -j REJECT`));
    expect(stdout).not.to.include('add table');
  });

  it('goes by the port range and the balancer that are given', async () => {
    const { stdout } = await render(
      ...['--userspace-port-range', '7000-7009', '--userspace-load-balancing', 'random'],
    );
    const listeners = stdout.split('\n').filter((line) => line.startsWith('# listener'));
    expect(listeners).not.to.be.empty;
    for (const line of listeners) expect(line).to.match(/:700\d\/\w+ \(random/);
  });

  it('says what is served without a redirect, and renders no table', async () => {
    const { stdout, stderr } = await render(
      ...['--userspace-redirect', 'none', '--nodeport-addresses', 'localhost'],
    );
    expect(stderr).to.include('only node ports are served');
    for (const line of stdout.split('\n'))
      expect(line).to.match(/^# listener \S+:30\d{3}\/(TCP|UDP) /);
  });

  it('checks what a node without nft can do', async () => {
    const { stdout, exitCode } = await switchyard(['check', ...FLAGS], { path: PATH_WITHOUT_NFT });
    expect(stdout)
      .to.match(/^warning {2}way in: none$/m)
      .and.match(/^warning {2}nft$/m);
    expect(exitCode).to.equal(0);
  });

  it('is no mode for one sync', async () => {
    const { stderr, exitCode } = await switchyard(
      ['run', '--once', '--manifests', EXAMPLES, ...FLAGS, '--bind-address', nodeIp('IPv4', 1)],
      { path: PATH_WITHOUT_NFT },
    );
    expect(stderr).to.include('--once is not available in userspace mode');
    expect(exitCode).to.equal(2);
  });
});
