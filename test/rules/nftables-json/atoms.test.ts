import { expect } from 'chai';
import { NftJsonError } from '../../../rules/nftables-json/index.ts';
import {
  comment,
  deviceName,
  identifier,
  integer,
  mask,
  natural,
  quoted,
  reference,
  value,
  word,
} from '../../../rules/nftables-json/text/atoms.ts';
import { externalIp, podIp } from '../../support/addresses.ts';

describe('a name in nft text', () => {
  for (const name of ['a', '_x', 'endpoints-3', 'KUBE-SVC/a.b_c', 'x'.repeat(255)]) {
    it(`may be ${name.slice(0, 20)}`, () => {
      expect(identifier(name)).to.equal(name);
    });
  }

  for (const name of [
    '',
    '3h',
    '-a',
    '@a',
    'a b',
    'a;b',
    'a}',
    'a"b',
    'a\nb',
    'a\\',
    'a\u0000',
    'é',
    'x'.repeat(256),
  ]) {
    it(`may not be ${JSON.stringify(name).slice(0, 20)}`, () => {
      expect(() => identifier(name)).to.throw(NftJsonError, 'a name must begin with');
    });
  }

  it('stands behind @ in a reference', () => {
    expect(reference('@pods')).to.equal('@pods');
    expect(() => reference('pods')).to.throw(NftJsonError, 'a reference must be');
    expect(() => reference('@a b')).to.throw(NftJsonError, 'a name must begin with');
  });
});

describe('quoted nft text', () => {
  for (const text of ['web', "it's; {fine} # $x @y", 'ends with \\', 'größe']) {
    it(`may be ${text}`, () => {
      expect(quoted(text)).to.equal(`"${text}"`);
    });
  }

  for (const text of ['', 'a"b', 'a\nb', 'a\u0000b', 'a\u007fb', 'a\u0085b']) {
    it(`may not be ${JSON.stringify(text)}`, () => {
      expect(() => quoted(text)).to.throw(NftJsonError, 'quoted text must not');
    });
  }

  it('has its length counted in bytes', () => {
    expect(comment('ä'.repeat(64))).to.equal(`comment "${'ä'.repeat(64)}"`);
    expect(() => comment(`${'ä'.repeat(64)}.`)).to.throw(NftJsonError, 'at most 128 bytes');
    expect(() => comment('x'.repeat(129))).to.throw(NftJsonError, 'at most 128 bytes');
  });
});

describe('a device name in nft text', () => {
  for (const name of ['lo', 'veth*', 'eth0.100', 'abcdefghijklmno', 'drop']) {
    it(`may be ${name}`, () => {
      expect(deviceName(name)).to.equal(`"${name}"`);
    });
  }

  for (const name of ['', '*', 'a b', 'a/b', 'a"b', 'a\tb', 'abcdefghijklmno*']) {
    it(`may not be ${JSON.stringify(name)}`, () => {
      expect(() => deviceName(name)).to.throw(NftJsonError);
    });
  }
});

describe('a value in nft text', () => {
  for (const text of [
    '0',
    '65535',
    '0x4000',
    podIp('IPv4', 1, 1),
    podIp('IPv6', 1, 1),
    externalIp('IPv6', 0xffff),
    '::',
    '::1',
    '1:2:3:4:5:6:7:8',
    '00:11:22:33:44:5f',
    'tcp',
    'established',
  ]) {
    it(`stands bare when it is one token: ${text}`, () => {
      expect(value(text)).to.equal(text);
    });
  }

  for (const text of [
    // nft would read two tokens or more.
    '80.1',
    '1:2',
    '80-90',
    '1abc',
    '1accept',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4:5:6:7:8::',
    '::1::',
    // Keywords, and what might be one some day.
    'accept',
    'ip',
    'eth0',
    'echo-request',
    'a b',
    '{',
    ';',
    '$x',
  ]) {
    it(`stands in quotes when it might not be: ${text}`, () => {
      expect(value(text)).to.equal(`"${text}"`);
    });
  }
});

describe('a word in nft text', () => {
  it('has letters, digits, - and _', () => {
    expect(word('proto-dst')).to.equal('proto-dst');
    expect(word('ipv4_addr')).to.equal('ipv4_addr');
  });

  for (const text of ['', 'a b', '1a', 'a;', 'a\n', 'a.b', 'a"']) {
    it(`is not ${JSON.stringify(text)}`, () => {
      expect(() => word(text)).to.throw(NftJsonError, 'expected a word');
    });
  }
});

describe('a number in nft text', () => {
  it('is whole', () => {
    expect(integer(-100)).to.equal('-100');
    expect(natural(4294967295)).to.equal('4294967295');
    for (const number of [0.5, NaN, Infinity, 2 ** 53]) {
      expect(() => integer(number), String(number)).to.throw(NftJsonError, 'a whole number');
    }
  });

  it('is not negative where that has no meaning', () => {
    expect(() => natural(-1)).to.throw(NftJsonError, 'expected 0 or more');
  });

  it('is in hex when it stands for bits', () => {
    expect([0, 9, 10, 0x4000, 0xffffffff].map(mask)).to.deep.equal([
      '0',
      '9',
      '0xa',
      '0x4000',
      '0xffffffff',
    ]);
  });
});
