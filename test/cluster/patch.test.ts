import { expect } from 'chai';
import { jsonPatch, mergePatch, strategicMergePatch } from './patch.ts';
import { StatusError } from './status.ts';

describe('a merge patch', () => {
  it('merges objects, replaces lists and removes what is null', () => {
    const target = { a: { b: 1, c: 2 }, list: [1, 2], gone: 1 };
    const patch = { a: { b: 3 }, list: [9], gone: null, fresh: { x: 1, y: null } };
    expect(mergePatch(target, patch)).to.deep.equal({
      a: { b: 3, c: 2 },
      list: [9],
      fresh: { x: 1 },
    });
  });
});

describe('a strategic merge patch', () => {
  const target = {
    spec: {
      ports: [
        { port: 80, protocol: 'TCP', targetPort: 8080 },
        { port: 443, protocol: 'TCP' },
      ],
    },
  };

  it('merges the ports of a Service by their numbers', () => {
    const patch = {
      spec: {
        '$setElementOrder/ports': [{ port: 80 }, { port: 443 }],
        ports: [{ port: 80, targetPort: 8081 }, { port: 53 }],
      },
    };
    expect(strategicMergePatch(target, patch)).to.deep.equal({
      spec: {
        ports: [
          { port: 80, protocol: 'TCP', targetPort: 8081 },
          { port: 443, protocol: 'TCP' },
          { port: 53 },
        ],
      },
    });
  });

  it('deletes the ports that it says', () => {
    const patch = { spec: { ports: [{ $patch: 'delete', port: 80 }] } };
    const result = { spec: { ports: [{ port: 443, protocol: 'TCP' }] } };
    expect(strategicMergePatch(target, patch)).to.deep.equal(result);
  });

  it('replaces the lists of an EndpointSlice', () => {
    const slice = { ports: [{ port: 1 }], endpoints: [{ addresses: ['a'] }] };
    const patch = { endpoints: [{ addresses: ['b'] }] };
    expect(strategicMergePatch(slice, patch)).to.deep.equal({ ports: [{ port: 1 }], ...patch });
  });
});

describe('a JSON patch', () => {
  const target = { a: { b: 1 }, list: [1, 2] };
  for (const { name, operations, expected } of [
    {
      name: 'adds',
      operations: [
        { op: 'add', path: '/a/c~1d', value: 2 },
        { op: 'add', path: '/list/-', value: 3 },
        { op: 'add', path: '/list/0', value: 0 },
      ],
      expected: { a: { b: 1, 'c/d': 2 }, list: [0, 1, 2, 3] },
    },
    {
      name: 'replaces and removes',
      operations: [
        { op: 'replace', path: '/list/0', value: 9 },
        { op: 'remove', path: '/a/b' },
      ],
      expected: { a: {}, list: [9, 2] },
    },
    {
      name: 'moves, copies and tests',
      operations: [
        { op: 'test', path: '/a/b', value: 1 },
        { op: 'copy', from: '/a/b', path: '/copied' },
        { op: 'move', from: '/a/b', path: '/moved' },
      ],
      expected: { a: {}, list: [1, 2], copied: 1, moved: 1 },
    },
  ]) {
    it(name, () => {
      expect(jsonPatch(target, operations)).to.deep.equal(expected);
      expect(target).to.deep.equal({ a: { b: 1 }, list: [1, 2] });
    });
  }

  for (const operation of [
    { op: 'test', path: '/a/b', value: 2 },
    { op: 'remove', path: '/none' },
    { op: 'replace', path: '/none', value: 1 },
    { op: 'add', path: 'a', value: 1 },
    { op: 'twist', path: '/a' },
  ]) {
    it(`refuses ${JSON.stringify(operation)}`, () => {
      expect(() => jsonPatch(target, [operation])).to.throw(StatusError);
    });
  }
});
