import { expect } from 'chai';
import { NftJsonError, parseRuleset, type Command } from '../../../rules/nftables-json/index.ts';
import { clusterIp, podIp } from '../../support/addresses.ts';

const POD = podIp('IPv4', 1, 1);
const VIP = clusterIp('IPv4', 1);
const inTable = { family: 'ip', table: 'shop', name: 'thing' } as const;

describe('nftables-json reading', () => {
  it('takes text as nft prints it', () => {
    const json = `{"nftables": [{"metainfo": {"version": "1.0.6", "release_name": "Lester Gooch #5",
      "json_schema_version": 1}}, {"table": {"family": "ip", "name": "shop", "handle": 1}}]}`;
    expect(parseRuleset(json).nftables).to.deep.equal([
      { metainfo: { version: '1.0.6', release_name: 'Lester Gooch #5', json_schema_version: 1 } },
      { table: { family: 'ip', name: 'shop', handle: 1 } },
    ]);
  });

  describe('evens out what nft versions print differently', () => {
    const cases: { name: string; json: unknown; read: Command }[] = [
      {
        name: 'one flag of a set alone',
        json: { set: { ...inTable, type: 'mark', flags: 'interval' } },
        read: { set: { ...inTable, type: 'mark', flags: ['interval'] } },
      },
      {
        name: 'one flag of a statement alone',
        json: ruleOf({ masquerade: { flags: 'fully-random' } }),
        read: ruleOf({ masquerade: { flags: ['fully-random'] } }) as Command,
      },
      {
        name: 'one element alone',
        json: { element: { ...inTable, elem: POD } },
        read: { element: { ...inTable, elem: [POD] } },
      },
      {
        name: 'elements in an event',
        json: { add: { element: { ...inTable, elem: { set: [[VIP, POD]] } } } },
        read: { add: { element: { ...inTable, elem: [[VIP, POD]] } } },
      },
      {
        name: 'a concatenation of datatypes as one string',
        json: { map: { ...inTable, type: ['mark', 'mark'], map: 'ipv4_addr . inet_service' } },
        read: { map: { ...inTable, type: ['mark', 'mark'], map: ['ipv4_addr', 'inet_service'] } },
      },
      {
        name: 'a property of an object that is new',
        json: { set: { ...inTable, type: 'mark', count: 3 } },
        read: { set: { ...inTable, type: 'mark' } },
      },
    ];
    for (const { name, json, read } of cases) {
      it(name, () => {
        expect(parseRuleset({ nftables: [json] }).nftables).to.deep.equal([read]);
      });
    }
  });

  describe('keeps what it does not know', () => {
    const update = 'update @affinity { ip saddr timeout 3h : ip daddr }';
    const cases: { name: string; json: unknown; read: unknown }[] = [
      {
        name: 'a statement of which nft has no JSON',
        json: ruleOf(update),
        read: ruleOf({ unknown: update }),
      },
      {
        name: 'a new statement',
        json: ruleOf({ teleport: { to: 'mars' } }),
        read: ruleOf({ unknown: { teleport: { to: 'mars' } } }),
      },
      {
        name: 'a new property of a statement',
        json: ruleOf({ reject: { type: 'icmp', politely: true } }),
        read: ruleOf({ unknown: { reject: { type: 'icmp', politely: true } } }),
      },
      {
        name: 'a new word in a statement',
        json: ruleOf({ log: { flags: ['colour'] } }),
        read: ruleOf({ unknown: { log: { flags: ['colour'] } } }),
      },
      {
        name: 'a new expression, and the statement around it',
        json: ruleOf({ match: { op: '==', left: { oracle: {} }, right: 1 } }),
        read: ruleOf({ match: { op: '==', left: { unknown: { oracle: {} } }, right: 1 } }),
      },
      {
        name: 'a new key of a known expression',
        json: ruleOf({ match: { op: '==', left: { meta: { key: 'mood' } }, right: 1 } }),
        read: ruleOf({
          match: { op: '==', left: { unknown: { meta: { key: 'mood' } } }, right: 1 },
        }),
      },
      {
        name: 'an element with state of an unknown kind',
        json: { element: { ...inTable, elem: [{ elem: { val: POD, mystery: 1 } }] } },
        read: {
          element: { ...inTable, elem: [{ unknown: { elem: { val: POD, mystery: 1 } } }] },
        },
      },
      {
        name: 'a new object',
        json: { tunnel: { ...inTable, id: 5 } },
        read: { unknown: { tunnel: { ...inTable, id: 5 } } },
      },
      {
        name: 'a command about a new object',
        json: { delete: { tunnel: inTable } },
        read: { unknown: { delete: { tunnel: inTable } } },
      },
      { name: 'a new verb', json: { export: {} }, read: { unknown: { export: {} } } },
      {
        name: 'an object with two keys',
        json: { table: { family: 'ip', name: 'a' }, chain: inTable },
        read: { unknown: { table: { family: 'ip', name: 'a' }, chain: inTable } },
      },
      { name: 'an empty object', json: {}, read: { unknown: {} } },
      {
        name: 'a key that every JavaScript object has',
        json: JSON.parse('{"__proto__": {}}') as unknown,
        read: { unknown: JSON.parse('{"__proto__": {}}') as unknown },
      },
    ];
    for (const { name, json, read } of cases) {
      it(name, () => {
        const once = parseRuleset({ nftables: [json] });
        expect(once.nftables).to.deep.equal([read]);
        expect(parseRuleset(once), 'read again').to.deep.equal(once);
      });
    }
  });

  describe('refuses what does not fit and says where', () => {
    const cases: { name: string; json: unknown; message: RegExp }[] = [
      { name: 'half a text', json: '{"nftables": [{', message: /^this is not JSON: / },
      { name: 'no text', json: '', message: /^this is not JSON: / },
      { name: 'a list', json: [], message: /^expected an object, got \[\]$/ },
      { name: 'another document', json: {}, message: /^the property "nftables" is missing$/ },
      {
        name: 'no list of commands',
        json: { nftables: {} },
        message: /^nftables: expected an array, got \{\}$/,
      },
      {
        name: 'a command that is none',
        json: { nftables: [{ list: { tables: null } }, 'flush ruleset'] },
        message: /^nftables\[1\]: expected an object, got "flush ruleset"$/,
      },
      {
        name: 'a missing property',
        json: { nftables: [{ chain: { family: 'ip', name: 'entry' } }] },
        message: /^nftables\[0\]\.chain: the property "table" is missing$/,
      },
      {
        name: 'an unknown family',
        json: { nftables: [{ table: { family: 5, name: 'shop' } }] },
        message: /^nftables\[0\]\.table\.family: expected a string, got 5$/,
      },
      {
        name: 'a name that is none',
        json: { nftables: [{ delete: { set: { ...inTable, name: ['x'] } } }] },
        message: /^nftables\[0\]\.delete\.set\.name: expected a string, got \["x"\]$/,
      },
      {
        name: 'a handle with a fraction',
        json: { nftables: [{ table: { family: 'ip', name: 'shop', handle: 1.5 } }] },
        message: /\.handle: expected a whole number, got 1.5$/,
      },
      {
        name: 'a statement that is none',
        json: { nftables: [ruleOf(5)] },
        message: /^nftables\[0\]\.rule\.expr\[0\]: expected an object, got 5$/,
      },
      {
        name: 'a match without a right side',
        json: { nftables: [ruleOf({ match: { op: '==', left: 1 } })] },
        message: /^nftables\[0\]\.rule\.expr\[0\]\.match: the property "right" is missing$/,
      },
      {
        name: 'an expression that is none',
        json: { nftables: [ruleOf({ match: { op: '==', left: null, right: 1 } })] },
        message: /\.match\.left: expected an expression, got null$/,
      },
      {
        name: 'a verdict with a value',
        json: { nftables: [ruleOf({ accept: true })] },
        message: /\.accept: expected null, got true$/,
      },
      {
        name: 'a limit that is no number',
        json: { nftables: [ruleOf({ limit: { rate: '10', per: 'second' } })] },
        message: /\.limit\.rate: expected a whole number, got "10"$/,
      },
      {
        name: 'an inversion that is neither true nor false',
        json: { nftables: [ruleOf({ 'ct count': { val: 1, inv: 1 } })] },
        message: /expr\[0\]\["ct count"\]\.inv: expected true or false, got 1$/,
      },
      {
        name: 'half a range',
        json: { nftables: [ruleOf({ match: { op: '==', left: 1, right: { range: [1] } } })] },
        message: /\.right\.range: expected \[from, to\], got \[1\]$/,
      },
      {
        name: 'a map element of three',
        json: { nftables: [{ map: { ...inTable, type: 'mark', map: 'mark', elem: [[1, 2, 3]] } }] },
        message: /^nftables\[0\]\.map\.elem\[0\]: expected \[key, value\], got \[1,2,3\]$/,
      },
      {
        name: 'an element deep inside',
        json: {
          nftables: [
            { element: { ...inTable, elem: [1, [{ concat: [2, { elem: { val: null } }] }, 3]] } },
          ],
        },
        message:
          /^nftables\[0\]\.element\.elem\[1\]\[0\]\.concat\[1\]\.elem\.val: expected an expr/,
      },
    ];
    for (const { name, json, message } of cases) {
      it(name, () => {
        expect(() => parseRuleset(json)).to.throw(NftJsonError, message);
      });
    }

    it('and keeps the place and the problem apart', () => {
      const error = caught(() => parseRuleset({ nftables: 5 }));
      expect(error).to.include({
        name: 'NftJsonError',
        where: 'nftables',
        problem: 'expected an array, got 5',
      });
    });

    it('and cuts a long value short', () => {
      const error = caught(() => parseRuleset({ nftables: 'x'.repeat(10_000) }));
      expect(error.message).to.have.length.below(150);
    });
  });
});

// --- internal ---

function ruleOf(statement: unknown): object {
  return { rule: { family: 'ip', table: 'shop', chain: 'entry', expr: [statement] } };
}

function caught(action: () => unknown): NftJsonError {
  try {
    action();
  } catch (error) {
    if (error instanceof NftJsonError) return error;
  }
  throw new Error('expected an NftJsonError');
}
