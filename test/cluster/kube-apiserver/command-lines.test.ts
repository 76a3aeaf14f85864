import { readFile, stat } from 'node:fs/promises';
import { expect } from 'chai';
import { useTempFolder } from '../../agent/cluster/support/temp-folder.ts';
import { DEFAULT_SERVICE_CIDR, SERVICE_CIDR } from '../../support/addresses.ts';
import { etcdArguments, kubeApiServerArguments, SERVER_FILES } from './command-lines.ts';
import { writeServerFiles } from './files.ts';

const PAIR = { cert: 'certificate', key: 'key' };
const SECRETS = {
  certificates: { ca: 'authority', server: PAIR, client: PAIR },
  tokens: { admin: 'token-a', agent: 'token-b' },
};

describe('the command lines of a real API server', () => {
  const at = useTempFolder();
  const place = () => ({ folder: at(), port: 6443, etcdPort: 2379 });

  it('listen on loopback only', () => {
    const lines = [...etcdArguments(place()), ...kubeApiServerArguments(place())];
    const addresses = lines.filter((each) => /listen|bind|advertise|--etcd-servers/.test(each));
    expect(addresses).to.have.length(6);
    for (const address of addresses) expect(address).to.match(/=(http:\/\/)?127\.0\.0\.1\b/);
  });

  it('name only files that are written, for nobody else to read', async () => {
    await writeServerFiles(at(), SECRETS);
    const named = kubeApiServerArguments(place()).flatMap((each) => {
      const [, value = ''] = each.split('=');
      return value.startsWith(at()) ? [value] : [];
    });
    expect(new Set(named)).to.have.property('size', 5);
    for (const file of named) expect((await stat(file)).mode & 0o777, file).to.equal(0o600);
  });

  it('keep away from the ClusterIPs that tests choose', () => {
    expect(kubeApiServerArguments(place())).to.include(
      `--service-cluster-ip-range=${DEFAULT_SERVICE_CIDR.IPv4},${DEFAULT_SERVICE_CIDR.IPv6}`,
    );
    expect(Object.values(DEFAULT_SERVICE_CIDR)).not.to.include.members(Object.values(SERVICE_CIDR));
  });

  it('let in an administrator, and agents as whom the role is for', async () => {
    await writeServerFiles(at(), SECRETS);
    expect(await readFile(at(SERVER_FILES.tokens), 'utf8')).to.equal(
      'token-a,admin,admin,system:masters\n' +
        'token-b,system:serviceaccount:kube-system:switchyard,switchyard\n',
    );
    expect(await readFile(at(SERVER_FILES.serviceAccountKey), 'utf8')).to.match(
      /^-----BEGIN RSA PRIVATE KEY-----/,
    );
  });
});
