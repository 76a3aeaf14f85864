import { expect } from 'chai';
import { pino } from 'pino';
import { DEFAULTS } from '../../../agent/config/schema.ts';
import type { KernelFiles } from '../../../agent/node/kernel-files.ts';
import { agentConfigOf } from '../../../agent/config/agent-config.ts';
import { allowLocalhostNodePorts, setOomScore, tuneConntrack } from '../../../agent/node/tuning.ts';

const SYSCTLS = '/proc/sys/net/netfilter';
const MAX = `${SYSCTLS}/nf_conntrack_max`;
const HASH_SIZE = '/sys/module/nf_conntrack/parameters/hashsize';
const ESTABLISHED = `${SYSCTLS}/nf_conntrack_tcp_timeout_established`;
const CLOSE_WAIT = `${SYSCTLS}/nf_conntrack_tcp_timeout_close_wait`;
const OOM_SCORE = '/proc/self/oom_score_adj';
const ROUTE_LOCALNET = '/proc/sys/net/ipv4/conf/all/route_localnet';

/** What the defaults want of a machine with two processors. */
const WANTED = {
  [MAX]: '131072',
  [HASH_SIZE]: '32768',
  [ESTABLISHED]: '86400',
  [CLOSE_WAIT]: '3600',
};

/** Files in memory; those that are not there and those that may not be written fail as in life. */
class FakeFiles implements KernelFiles {
  readonly content: Record<string, string>;
  /** The code with which every write fails. */
  writeError: string | undefined;
  readonly written: string[] = [];

  constructor(content: Record<string, string>) {
    this.content = { ...content };
  }

  read(path: string): string {
    const content = this.content[path];
    if (content === undefined) throw failure('ENOENT', path);
    return content;
  }

  write(path: string, content: string): void {
    if (this.writeError !== undefined) throw failure(this.writeError, path);
    this.content[path] = content;
    this.written.push(path);
  }
}

function failure(code: string, path: string): Error {
  return Object.assign(new Error(`${code}: '${path}'`), { code });
}

describe('tuning', () => {
  let lines: Record<string, unknown>[];
  const log = pino({ base: null, timestamp: false }, { write: (line) => lines.push(parse(line)) });

  beforeEach(() => {
    lines = [];
  });

  function tune(files: FakeFiles): void {
    tuneConntrack(DEFAULTS.conntrack, 2, { files, log });
  }

  it('writes what is not as the configuration wants it, and says so', () => {
    const files = new FakeFiles({ ...WANTED, [MAX]: '65536', [ESTABLISHED]: '432000' });
    tune(files);
    expect(files.content).to.deep.equal(WANTED);
    expect(files.written).to.deep.equal([MAX, ESTABLISHED]);
    expect(lines[0]).to.include({
      msg: 'kernel setting changed',
      setting: 'net.netfilter.nf_conntrack_max',
      before: 65536,
      value: 131072,
    });
  });

  it('writes nothing when all is as wanted', () => {
    const files = new FakeFiles({ ...WANTED, [HASH_SIZE]: '262144' });
    files.writeError = 'EROFS';
    tune(files);
    expect(lines).to.deep.equal([]);
  });

  for (const code of ['EROFS', 'EACCES', 'EPERM']) {
    it(`goes on after ${code}, and says who could do it`, () => {
      const files = new FakeFiles({ ...WANTED, [MAX]: '1', [CLOSE_WAIT]: '1' });
      files.writeError = code;
      tune(files);
      expect(lines.map(({ setting }) => setting)).to.deep.equal([
        'net.netfilter.nf_conntrack_max',
        'net.netfilter.nf_conntrack_tcp_timeout_close_wait',
      ]);
      expect(lines[0]).to.include({ value: 131072, error: `${code}: '${MAX}'` });
      expect(lines[0]?.advice).to.include('--init-only');
    });
  }

  it('asks for the module when the kernel does not track connections yet', () => {
    tune(new FakeFiles({}));
    expect(lines).to.have.length(4);
    expect(lines[0]?.advice).to.include('nf_conntrack');
  });

  it('gives no advice on an error that nobody foresaw', () => {
    const files = new FakeFiles({ ...WANTED, [MAX]: '1' });
    files.writeError = 'EINVAL';
    tune(files);
    expect(lines[0])
      .to.include({ error: `EINVAL: '${MAX}'` })
      .and.not.have.property('advice');
  });

  for (const { name, settings, after } of [
    { name: 'lets packets of 127.0.0.1 out for node ports there', settings: {}, after: '1' },
    {
      name: 'keeps them in where node ports are not wanted there',
      settings: { nodePortAddresses: ['primary'] },
      after: '0',
    },
    {
      name: 'keeps them in where it is told to',
      settings: { iptables: { ...DEFAULTS.iptables, localhostNodePorts: false } },
      after: '0',
    },
    {
      name: 'keeps them in in nftables mode, which needs no such thing',
      settings: { mode: 'nftables' },
      after: '0',
    },
  ] as const) {
    it(name, () => {
      const files = new FakeFiles({ [ROUTE_LOCALNET]: '0' });
      const config = agentConfigOf({ ...DEFAULTS, mode: 'iptables', ...settings });
      allowLocalhostNodePorts(config, { files, log });
      expect(files.content[ROUTE_LOCALNET]).to.equal(after);
    });
  }

  it('says where node ports cannot be at 127.0.0.1, and what to do', () => {
    const files = new FakeFiles({ [ROUTE_LOCALNET]: '0' });
    files.writeError = 'EROFS';
    const config = agentConfigOf({ ...DEFAULTS, mode: 'iptables' });
    allowLocalhostNodePorts(config, { files, log });
    expect(lines[0]?.msg).to.include('not served at 127.0.0.1');
    expect(lines[0]?.advice).to.include('--init-only');
  });

  it('sets the OOM score, unless it is so already', () => {
    const files = new FakeFiles({ [OOM_SCORE]: '0' });
    setOomScore(-999, { files, log });
    setOomScore(-999, { files, log });
    expect(files.content).to.deep.equal({ [OOM_SCORE]: '-999' });
    expect(files.written).to.have.length(1);
  });

  it('leaves the OOM score where it may not lower it', () => {
    const files = new FakeFiles({ [OOM_SCORE]: '-997' });
    files.writeError = 'EACCES';
    setOomScore(-999, { files, log });
    expect(lines).to.have.length(1);
    expect(lines[0]).to.include({ msg: 'the OOM score stays as it is', score: -999 });
  });
});

function parse(line: string): Record<string, unknown> {
  return JSON.parse(line) as Record<string, unknown>;
}
