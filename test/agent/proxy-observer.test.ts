import { expect } from 'chai';
import { KernelError } from '../../agent/kernel/kernel-error.ts';
import type { FamilySync, ProxyObserver } from '../../agent/proxy-observer.ts';
import { serviceKey } from '../../rules/services/keys.ts';
import { makeService, makeSlice } from '../rules/services/builders.ts';
import { makeProxy, makeTransport } from './support/proxy.ts';

const WEB = serviceKey('default', 'web');

/** What an observer was told, one line each. */
function recordingObserver() {
  const lines: string[] = [];
  const syncs: FamilySync[] = [];
  const observer: ProxyObserver = {
    queued: () => lines.push('queued'),
    started: ({ ports }) => lines.push(`started ${[...ports.keys()].join()}`),
    synced: (sync) => {
      syncs.push(sync);
      const { family, isFull, error } = sync;
      lines.push(`synced ${family} ${isFull ? 'full' : 'partial'} ${error?.message ?? 'well'}`);
    },
    applied: ({ family }) => lines.push(`applied ${family}`),
    repairing: (family) => lines.push(`repairing ${family}`),
    collectFailed: (family) => lines.push(`collectFailed ${family}`),
  };
  return { observer, lines, syncs };
}

describe("a proxy's observer", () => {
  it('is told of a sync from its start to the end of each family', async () => {
    const { proxy, view } = makeProxy();
    const { observer, lines } = recordingObserver();
    proxy.observe(observer);
    view.upsertService(makeService());
    await proxy.sync();
    expect(lines.slice(0, 1)).to.deep.equal(['started default/web']);
    expect(lines.slice(1).sort()).to.deep.equal([
      'applied IPv4',
      'applied IPv6',
      'synced IPv4 full well',
      'synced IPv6 full well',
    ]);
  });

  it('hears of a partial sync where nothing had to be read', async () => {
    const { proxy } = makeProxy();
    const { observer, lines } = recordingObserver();
    await proxy.sync();
    proxy.observe(observer);
    await proxy.sync();
    expect(lines).to.deep.equal([
      'started ',
      'synced IPv4 partial well',
      'synced IPv6 partial well',
    ]);
  });

  it('hears of one family that failed and of the other that did not', async () => {
    const { proxy } = makeProxy(
      makeTransport({
        readTable: (family) =>
          family === 'IPv4'
            ? Promise.reject(new KernelError('nft-missing', 'nft is missing'))
            : Promise.resolve(undefined),
      }),
    );
    const { observer, lines } = recordingObserver();
    proxy.observe(observer);
    const error: unknown = await proxy.sync().catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(KernelError);
    expect(lines).to.include.members([
      'synced IPv4 partial nft is missing',
      'synced IPv6 full well',
    ]);
  });

  it('gets the trigger times once what they led to is in the kernel, and not before', async () => {
    let isBroken = true;
    const { proxy, view } = makeProxy(
      makeTransport({
        apply: ({ family }) =>
          isBroken && family === 'IPv4'
            ? Promise.reject(new KernelError('nft-missing', 'nft is missing'))
            : Promise.resolve(),
      }),
    );
    const { observer, syncs } = recordingObserver();
    proxy.observe(observer);
    view.upsertSlice(makeSlice());
    view.triggered(WEB, 'IPv4', 1000);
    view.triggered(WEB, 'IPv6', 1001);
    const triggers = () =>
      syncs.splice(0).map(({ family, triggeredAtMs }) => [family, ...triggeredAtMs].join(' '));
    await proxy.sync().catch(() => undefined);
    expect(triggers().sort()).to.deep.equal(['IPv4', 'IPv6 1001']);
    isBroken = false;
    view.triggered(WEB, 'IPv4', 1002);
    await proxy.sync();
    expect(triggers().sort()).to.deep.equal(['IPv4 1000 1002', 'IPv6']);
    await proxy.sync();
    expect(triggers().sort()).to.deep.equal(['IPv4', 'IPv6']);
  });

  it('hears of requests when they are made', async () => {
    const { proxy } = makeProxy();
    const { observer, lines } = recordingObserver();
    proxy.observe(observer);
    const stop = new AbortController();
    const { request, done } = proxy.start(stop.signal);
    request();
    request();
    expect(lines.slice(0, 2)).to.deep.equal(['queued', 'queued']);
    stop.abort();
    await done;
  });
});
