import { expect } from 'chai';
import { describeObject, objectRef } from '../../../../rules/services/parse/object-ref.ts';
import { describeValue, quoted } from '../../../../rules/services/parse/quoted.ts';

describe('objectRef', () => {
  it('reads what identifies an object', () => {
    const metadata = { namespace: 'shop', name: 'web' };
    expect(objectRef({ apiVersion: 'v1', kind: 'Service', metadata })).to.deep.equal({
      apiVersion: 'v1',
      kind: 'Service',
      namespace: 'shop',
      name: 'web',
    });
  });

  const described: { raw: unknown; kind?: string; text: string }[] = [
    { raw: { kind: 'Service', metadata: { name: 'web' } }, text: 'Service default/web' },
    { raw: { metadata: { name: 'web' } }, kind: 'Service', text: 'Service default/web' },
    { raw: { kind: 'EndpointSlice', metadata: {} }, text: 'EndpointSlice default/(no name)' },
    { raw: { kind: 'Node', metadata: { name: 'node-1' } }, text: 'Node node-1' },
    { raw: { kind: 5, metadata: { name: 6, namespace: 7 } }, text: 'object (no name)' },
    { raw: 'web', text: 'object (no name)' },
    { raw: null, text: 'object (no name)' },
    { raw: [], text: 'object (no name)' },
    {
      raw: { kind: 'Service', metadata: { namespace: 'a\nb', name: '"}' } },
      text: 'Service "a\\nb"/"\\"}"',
    },
    {
      raw: { kind: 'Node', metadata: { name: 'x'.repeat(300) } },
      text: `Node "${'x'.repeat(40)}..." (300 characters)`,
    },
  ];
  for (const { raw, kind, text } of described) {
    it(`describes ${JSON.stringify(raw).slice(0, 60)} as ${text.slice(0, 60)}`, () => {
      expect(describeObject(objectRef(raw, kind))).to.equal(text);
    });
  }
});

describe('quoted', () => {
  it('leaves nothing but printable ASCII', () => {
    expect(quoted('a"\\\n\u001b[31m\u009b\u202e\u{1f600}')).to.equal(
      '"a\\"\\\\\\n\\u001b[31m\\u009b\\u202e\\ud83d\\ude00"',
    );
  });

  it('shortens only what is long', () => {
    expect(quoted('x'.repeat(80))).to.equal(`"${'x'.repeat(80)}"`);
    expect(quoted('x'.repeat(81))).to.equal(`"${'x'.repeat(40)}..." (81 characters)`);
  });
});

describe('describeValue', () => {
  const rows: [unknown, string][] = [
    [undefined, 'nothing'],
    [null, 'null'],
    ['', '""'],
    [70000, '70000'],
    [NaN, 'NaN'],
    [true, 'true'],
    [[], 'an empty list'],
    [[1], 'a list'],
    [{}, 'a mapping'],
    [5n, 'a bigint'],
  ];
  for (const [value, text] of rows) {
    it(`says ${text}`, () => {
      expect(describeValue(value)).to.equal(text);
    });
  }
});
