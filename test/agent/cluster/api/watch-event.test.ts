import { expect } from 'chai';
import { ApiError } from '../../../../agent/cluster/api/api-error.ts';
import { isOlder, versionOf } from '../../../../agent/cluster/api/resource-version.ts';
import { triggerTimeOf } from '../../../../agent/cluster/api/trigger-time.ts';
import { guessObject, parseWatchEvent } from '../../../../agent/cluster/api/watch-event.ts';

function errorOf(action: () => unknown): ApiError | undefined {
  try {
    action();
  } catch (error) {
    if (error instanceof ApiError) return error;
    throw error;
  }
  return undefined;
}

describe('parseWatchEvent', () => {
  const object = { metadata: { name: 'web', resourceVersion: '7' } };

  for (const type of ['ADDED', 'MODIFIED', 'DELETED']) {
    it(`reads ${type}`, () => {
      expect(parseWatchEvent(JSON.stringify({ type, object }))).to.deep.equal({ type, object });
    });
  }

  it('reads a bookmark', () => {
    const line = JSON.stringify({ type: 'BOOKMARK', object });
    expect(parseWatchEvent(line)).to.deep.equal({ type: 'BOOKMARK', version: '7' });
  });

  it('throws what an error says, with the wait that it asks for', () => {
    const status = { code: 429, message: 'slow down', details: { retryAfterSeconds: 4 } };
    const error = errorOf(() => parseWatchEvent(JSON.stringify({ type: 'ERROR', object: status })));
    expect(error).to.include({ code: 'failed', message: '429: slow down', retryAfterMs: 4_000 });
  });

  it('throws that the past is gone', () => {
    const line = JSON.stringify({ type: 'ERROR', object: { code: 410, message: 'too old' } });
    expect(errorOf(() => parseWatchEvent(line))).to.include({ code: 'gone' });
  });

  for (const line of [
    '',
    'null',
    '[]',
    '{',
    '{"type":"ADDED"}',
    '{"type":"ADDED","object":[]}',
    '{"type":"RENAMED","object":{}}',
    '{"type":"BOOKMARK","object":{"metadata":{}}}',
  ]) {
    it(`takes ${JSON.stringify(line)} for malformed`, () => {
      expect(errorOf(() => parseWatchEvent(line))).to.include({ code: 'malformed' });
    });
  }
});

describe('guessObject', () => {
  const slice = '{"type":"ADDED","object":{"metadata":{"name":"web-x","generateName":"web-",';
  for (const { line, isNamespaced, expected } of [
    {
      line: `${slice}"namespace":"shop","uid":"`,
      isNamespaced: true,
      expected: { namespace: 'shop', name: 'web-x' },
    },
    {
      line: '{"object":{"metadata":{"name":"node-1","uid":"',
      isNamespaced: false,
      expected: { namespace: '', name: 'node-1' },
    },
    // Cut before the namespace: the name alone would be another object's.
    { line: `${slice}"namesp`, isNamespaced: true, expected: undefined },
    { line: '{"type":"ADD', isNamespaced: true, expected: undefined },
  ]) {
    it(`finds ${JSON.stringify({ expected })} in ${line}`, () => {
      expect(guessObject(line, isNamespaced)).to.deep.equal(expected);
    });
  }
});

describe('versionOf', () => {
  it('reads the version', () => {
    expect(versionOf({ metadata: { resourceVersion: '12' } })).to.equal('12');
  });

  for (const object of [{}, { metadata: null }, { metadata: { resourceVersion: '' } }]) {
    it(`refuses ${JSON.stringify(object)}`, () => {
      expect(errorOf(() => versionOf(object))).to.include({ code: 'malformed' });
    });
  }
});

describe('isOlder', () => {
  for (const [version, than, expected] of [
    ['9', '10', true],
    ['10', '9', false],
    ['10', '10', false],
    ['99999999999999999998', '99999999999999999999', true],
    ['abc', 'abd', false],
  ] as const) {
    it(`says ${expected} of ${version} and ${than}`, () => {
      expect(isOlder(version, than)).to.equal(expected);
    });
  }
});

describe('triggerTimeOf', () => {
  function sliceAt(time: unknown): object {
    const annotations = { 'endpoints.kubernetes.io/last-change-trigger-time': time };
    return { metadata: { annotations } };
  }

  it('reads a time with nanoseconds', () => {
    const time = triggerTimeOf(sliceAt('2026-01-02T03:04:05.678912345Z'));
    expect(time).to.equal(Date.UTC(2026, 0, 2, 3, 4, 5, 678));
  });

  for (const raw of [
    {},
    sliceAt(5),
    sliceAt(''),
    sliceAt('2026-01-02 03:04'),
    sliceAt('2026-99-99T00:00:00Z'),
  ]) {
    it(`finds none in ${JSON.stringify(raw)}`, () => {
      expect(triggerTimeOf(raw)).to.equal(undefined);
    });
  }
});
