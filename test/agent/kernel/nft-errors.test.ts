import { expect } from 'chai';
import {
  blamesContent,
  KernelError,
  type KernelErrorCode,
} from '../../../agent/kernel/kernel-error.ts';
import { parseComplaint, type NftComplaint } from '../../../agent/kernel/nft-errors.ts';

/** What nft 1.0.6 and 1.1.x print; the excerpt of the input below each error is left out. */
const COMPLAINTS: readonly ({ readonly stderr: string } & NftComplaint)[] = [
  {
    stderr: '/dev/stdin:12:40-61: Error: Could not process rule: File exists\n',
    code: 'exists',
    message: 'Could not process rule: File exists',
    line: 12,
    column: 40,
  },
  {
    stderr: '/dev/stdin:3:1-9: Error: Could not process rule: No such file or directory\n',
    code: 'not-found',
    message: 'Could not process rule: No such file or directory',
    line: 3,
    column: 1,
  },
  {
    stderr: 'Error: No such file or directory\nlist set ip t s\n            ^\n',
    code: 'not-found',
    message: 'Error: No such file or directory',
    line: undefined,
    column: undefined,
  },
  {
    stderr: '/dev/stdin:2:28-39: Error: element does not exist\n',
    code: 'not-found',
    message: 'element does not exist',
    line: 2,
    column: 28,
  },
  {
    stderr: '/dev/stdin:7:1-2: Error: Could not process rule: Device or resource busy\n',
    code: 'busy',
    message: 'Could not process rule: Device or resource busy',
    line: 7,
    column: 1,
  },
  {
    stderr: '/dev/stdin:1:1-2: Error: Could not process rule: Operation not permitted\n',
    code: 'not-permitted',
    message: 'Could not process rule: Operation not permitted',
    line: 1,
    column: 1,
  },
  {
    stderr:
      'Operation not permitted (you must be root)\nnetlink: Error: cache initialization failed\n',
    code: 'not-permitted',
    message: 'Operation not permitted (you must be root)',
    line: undefined,
    column: undefined,
  },
  {
    stderr: 'netlink: Error: Could not process rule: Message too long\n',
    code: 'too-large',
    message: 'netlink: Error: Could not process rule: Message too long',
    line: undefined,
    column: undefined,
  },
  {
    stderr: '/dev/stdin:1:25-36: Error: interval overlaps with an existing one\n',
    code: 'rejected',
    message: 'interval overlaps with an existing one',
    line: 1,
    column: 25,
  },
  {
    stderr: '/dev/stdin:9:5-7: Error: first\n/dev/stdin:1:1-2: Error: second: File exists\n',
    code: 'rejected',
    message: 'first',
    line: 9,
    column: 5,
  },
  {
    stderr: '\n  something else went wrong  \n',
    code: 'rejected',
    message: 'something else went wrong',
    line: undefined,
    column: undefined,
  },
  {
    stderr: '',
    code: 'rejected',
    message: 'nft failed and said nothing',
    line: undefined,
    column: undefined,
  },
];

describe('parseComplaint', () => {
  for (const { stderr, ...complaint } of COMPLAINTS) {
    it(`reads ${JSON.stringify(stderr)}`, () => {
      expect(parseComplaint(stderr)).to.deep.equal(complaint);
    });
  }
});

describe('blamesContent', () => {
  const BLAMES: Readonly<Record<KernelErrorCode, boolean>> = {
    'nft-missing': false,
    'iptables-missing': false,
    locked: false,
    'not-permitted': false,
    timeout: false,
    killed: false,
    crashed: true,
    'too-large': false,
    'not-found': true,
    exists: true,
    busy: true,
    rejected: true,
    unreadable: false,
  };
  for (const [code, blames] of Object.entries(BLAMES) as [KernelErrorCode, boolean][]) {
    it(`${blames ? 'blames what was sent' : 'would befall any transaction'}: ${code}`, () => {
      expect(blamesContent(new KernelError(code, 'failed'))).to.equal(blames);
    });
  }
});
