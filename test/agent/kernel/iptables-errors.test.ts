import { expect } from 'chai';
import { parseComplaint, tablesLeftOut } from '../../../agent/kernel/iptables-errors.ts';

/** As iptables 1.8.9 writes them. */
const COMPLAINTS = [
  {
    name: 'a target that is not there, legacy',
    stderr:
      "iptables-restore v1.8.9 (legacy): Couldn't load target `NOPE':No such file or directory\n\n" +
      "Error occurred at line: 3\nTry `iptables-restore -h' or 'iptables-restore --help' for more information.\n",
    complaint: {
      code: 'not-found',
      message: "Couldn't load target `NOPE':No such file or directory",
      line: 3,
    },
  },
  {
    name: 'a value that cannot be parsed, nft',
    stderr:
      "iptables-nft-restore v1.8.9 (nf_tables): invalid port/service `99999999' specified\n" +
      'Error occurred at line: 3\nTry ...\n',
    complaint: { code: 'rejected', message: "invalid port/service `99999999' specified", line: 3 },
  },
  {
    name: 'a rule that the kernel refuses, nft',
    stderr:
      'iptables-nft-restore v1.8.9 (nf_tables): \n' +
      'line 3: RULE_APPEND failed (Invalid argument): rule in chain A\n',
    complaint: {
      code: 'rejected',
      message: 'line 3: RULE_APPEND failed (Invalid argument): rule in chain A',
      line: 3,
    },
  },
  {
    name: 'a chain that is in use, nft',
    stderr:
      'iptables-nft-restore v1.8.9 (nf_tables): \n' +
      'line 5: CHAIN_DEL failed (Device or resource busy): chain B\n',
    complaint: {
      code: 'busy',
      message: 'line 5: CHAIN_DEL failed (Device or resource busy): chain B',
      line: 5,
    },
  },
  {
    name: 'a table that the kernel refuses, legacy',
    stderr: 'iptables-restore: line 7 failed\n',
    complaint: { code: 'rejected', message: 'iptables-restore: line 7 failed', line: 7 },
  },
  {
    name: 'a rule that is not there to be deleted, nft',
    stderr:
      'iptables-nft-restore: line 2 failed: Bad rule (does a matching rule exist in that chain?).\n',
    complaint: {
      code: 'not-found',
      message:
        'iptables-nft-restore: line 2 failed: Bad rule (does a matching rule exist in that chain?).',
      line: 2,
    },
  },
  {
    name: 'a lock that somebody else holds',
    stderr:
      'Another app is currently holding the xtables lock; still 4s 0us time ahead to have a chance to grab the lock...\n' +
      'Another app is currently holding the xtables lock. Stopped waiting after 5s.\n',
    complaint: {
      code: 'locked',
      message:
        'Another app is currently holding the xtables lock; still 4s 0us time ahead to have a chance to grab the lock...',
      line: undefined,
    },
  },
  {
    name: 'a lack of privilege',
    stderr:
      'iptables-nft-restore v1.8.9 (nf_tables): Could not fetch rule set generation id: Permission denied (you must be root)\n',
    complaint: {
      code: 'not-permitted',
      message: 'Could not fetch rule set generation id: Permission denied (you must be root)',
      line: undefined,
    },
  },
  {
    name: 'a batch that is too long, after a warning about the other variant',
    stderr:
      '# Warning: iptables-legacy tables present, use iptables-legacy-save to see them\n' +
      'iptables-nft-restore v1.8.9 (nf_tables): sendmsg() failed: Message too long\n',
    complaint: {
      code: 'too-large',
      message: 'sendmsg() failed: Message too long',
      line: undefined,
    },
  },
  {
    name: 'silence',
    stderr: '',
    complaint: {
      code: 'rejected',
      message: 'iptables failed and said nothing',
      line: undefined,
    },
  },
] as const;

describe('what iptables complains of', () => {
  for (const { name, stderr, complaint } of COMPLAINTS) {
    it(`is understood: ${name}`, () => {
      expect(parseComplaint(stderr)).to.deep.equal(complaint);
    });
  }
});

describe('what iptables-save prints', () => {
  it('tells of tables that it could not list', () => {
    const stdout = "# Table `nat' is incompatible, use 'nft' tool.\n*filter\nCOMMIT\n";
    expect(tablesLeftOut(stdout)).to.eql(['nat']);
  });

  it('tells of none where it listed all', () => {
    expect(tablesLeftOut('*nat\n:PREROUTING ACCEPT [0:0]\nCOMMIT\n')).to.be.empty;
  });
});
