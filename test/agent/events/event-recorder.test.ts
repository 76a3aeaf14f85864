import { expect } from 'chai';
import type { ApiRequest } from '../../../agent/cluster/api/api-client.ts';
import { ApiError, type ApiErrorCode } from '../../../agent/cluster/api/api-error.ts';
import {
  failedHealthCheckEvent,
  failedToListenEvent,
  startingEvent,
} from '../../../agent/events/event.ts';
import { EventRecorder } from '../../../agent/events/event-recorder.ts';
import { serviceKey } from '../../../rules/services/keys.ts';
import { ManualClock } from '../cluster/api/support/manual-clock.ts';
import { recordLog } from '../support/log.ts';

const WRITE_INTERVAL_MS = 1_000;
const REPEAT_INTERVAL_MS = 60_000;

/** The event of a Service by this name. */
function failure(name: string) {
  return failedHealthCheckEvent('node-1', serviceKey('default', name), 'in use');
}

describe('the event recorder', () => {
  let clock: ManualClock;
  let requests: ApiRequest[];
  let answers: (ApiErrorCode | undefined)[];
  let counts: string[];
  let recorded: ReturnType<typeof recordLog>;
  let recorder: EventRecorder;
  let heard: () => void;

  beforeEach(() => {
    [clock, requests, answers, counts, recorded] = [new ManualClock(), [], [], [], recordLog()];
    heard = () => undefined;
    recorder = new EventRecorder({
      client: {
        write(request) {
          requests.push(request);
          heard();
          const code = answers.shift();
          return code === undefined
            ? Promise.resolve()
            : Promise.reject(new ApiError(code, 'no such luck'));
        },
      },
      nodeName: 'node-1',
      clock,
      log: recorded.log,
      counted: (result) => counts.push(result),
    });
  });

  afterEach(async () => {
    await recorder.stop();
  });

  /** Resolves when this many requests were made. */
  async function made(count: number): Promise<void> {
    while (requests.length < count) {
      await new Promise<void>((resolve) => {
        heard = resolve;
      });
    }
  }

  function bodies(): unknown[] {
    return requests.map(({ body }): unknown => JSON.parse(body?.text ?? ''));
  }

  it('creates an Event about the Node', async () => {
    recorder.start();
    recorder.record(startingEvent('node-1'));
    await made(1);
    expect(requests[0]).to.deep.include({
      verb: 'create',
      target: '/apis/events.k8s.io/v1/namespaces/default/events',
    });
    expect(bodies()).to.deep.equal([
      {
        apiVersion: 'events.k8s.io/v1',
        kind: 'Event',
        metadata: {
          name: `node-1.${(BigInt(clock.now()) * 1_000_000n).toString(16)}`,
          namespace: 'default',
        },
        eventTime: '2026-01-01T00:00:00.000000Z',
        reportingController: 'switchyard',
        reportingInstance: 'switchyard-node-1',
        regarding: { apiVersion: 'v1', kind: 'Node', name: 'node-1', uid: 'node-1' },
        type: 'Normal',
        reason: 'Starting',
        action: 'StartKubeProxy',
        note: '',
      },
    ]);
  });

  it('creates an Event about a Service in the namespace of that', async () => {
    recorder.start();
    recorder.record(failedHealthCheckEvent('node-1', serviceKey('shop', 'web'), 'in use'));
    await made(1);
    expect(requests[0]?.target).to.equal('/apis/events.k8s.io/v1/namespaces/shop/events');
    expect(bodies()[0]).to.deep.include({
      regarding: { apiVersion: 'v1', kind: 'Service', namespace: 'shop', name: 'web' },
      type: 'Warning',
      reason: 'FailedToStartServiceHealthcheck',
      action: 'Listen',
      note: 'node node-1 failed to start healthcheck "shop/web": in use',
    });
  });

  it('names the server that cannot listen by its reason', () => {
    const reasonOf = (server: 'health' | 'metrics') =>
      failedToListenEvent('node-1', server, '').reason;
    expect(reasonOf('health')).to.equal('FailedToStartProxierHealthcheck');
    expect(reasonOf('metrics')).to.equal('FailedToStartMetricServer');
  });

  it('says of one that repeats how often and when last, and not more than once a minute', async () => {
    recorder.start();
    recorder.record(failure('web'));
    await made(1);
    recorder.record(failure('web'));
    clock.advance(5);
    recorder.record(failure('web'));
    await clock.fire(WRITE_INTERVAL_MS);
    await clock.fire(REPEAT_INTERVAL_MS - 5 - WRITE_INTERVAL_MS);
    await made(2);
    const name = (bodies()[0] as { metadata: { name: string } }).metadata.name;
    expect(requests[1]).to.deep.include({
      verb: 'patch',
      target: `/apis/events.k8s.io/v1/namespaces/default/events/${name}`,
    });
    expect(bodies()[1]).to.deep.equal({
      series: { count: 3, lastObservedTime: '2026-01-01T00:00:00.005000Z' },
    });
  });

  it('begins anew with one that has not happened for six minutes', async () => {
    recorder.start();
    recorder.record(failure('web'));
    await made(1);
    await clock.fire(WRITE_INTERVAL_MS);
    clock.advance(6 * 60_000);
    recorder.record(failure('web'));
    await made(2);
    expect(requests.map(({ verb }) => verb)).to.deep.equal(['create', 'create']);
  });

  it('writes one event a second', async () => {
    recorder.start();
    for (const name of ['a', 'b', 'c']) recorder.record(failure(name));
    await made(1);
    await clock.fire(WRITE_INTERVAL_MS);
    await made(2);
    expect(requests).to.have.lengthOf(2);
    expect(clock.pending).to.deep.equal([]);
    await clock.fire(WRITE_INTERVAL_MS);
    await made(3);
  });

  it('keeps a hundred, and loses what is more', () => {
    for (let index = 0; index < 103; index += 1) recorder.record(failure(`web-${index}`));
    expect(counts).to.deep.equal(['dropped', 'dropped', 'dropped']);
  });

  it('tries again what may pass, with the same name, and takes "exists" for a success', async () => {
    answers = ['unreachable', 'exists'];
    recorder.start();
    recorder.record(startingEvent('node-1'));
    await made(1);
    await clock.fire(1_000);
    await made(2);
    await recorder.stop();
    expect(bodies()[1]).to.deep.equal(bodies()[0]);
    expect(counts).to.deep.equal(['written']);
  });

  it('gives up after five attempts, and says so', async () => {
    answers = Array.from({ length: 5 }, () => 'failed' as const);
    recorder.start();
    recorder.record(startingEvent('node-1'));
    for (const ms of [1_000, 2_000, 4_000, 8_000]) await clock.fire(ms);
    await made(5);
    await recorder.stop();
    expect(counts).to.deep.equal(['dropped']);
    expect(recorded.lines[0]).to.include({ reason: 'Starting', error: 'no such luck' });
  });

  it('does not insist where it may not write', async () => {
    answers = ['forbidden'];
    recorder.start();
    recorder.record(startingEvent('node-1'));
    await made(1);
    await recorder.stop();
    expect([requests.length, counts]).to.deep.equal([1, ['dropped']]);
  });

  it('writes what is due when it is stopped, but not for ever', async () => {
    answers = ['unreachable', 'unreachable'];
    recorder.start();
    recorder.record(startingEvent('node-1'));
    const stopped = recorder.stop();
    await made(1);
    // Of the two timers of that length the first is that of the stop.
    await clock.fire(1_000);
    await stopped;
    expect(requests).to.have.lengthOf(1);
  });
});
