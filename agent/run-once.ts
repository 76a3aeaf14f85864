/** An agent that syncs once. */
import { createProxy, createView, familiesOf, type AgentOptions } from './agent-parts.ts';
import { createFlowCleaner } from './conntrack/create-cleaner.ts';
import type { FlowCleaner } from './conntrack/flow-cleaner.ts';
import type { Proxy } from './proxy.ts';
import { describeStart, waitForNode } from './start.ts';

/** What a single sync takes. */
export interface OnceParts {
  readonly proxy: Proxy;
  /** Busy for a while after the sync. */
  readonly cleaner: FlowCleaner;
}

/** The parts for a single sync, with the cluster listed and nothing that listens. */
export async function prepareOnce(options: AgentOptions, stop: AbortSignal): Promise<OnceParts> {
  const view = createView(options, { changed: () => undefined, problem: () => undefined });
  const listed = new AbortController();
  const source = options.source.create({});
  try {
    await source.start(view, AbortSignal.any([stop, listed.signal]));
    await waitForNode(options, view, stop);
  } finally {
    listed.abort();
  }
  const proxy = await createProxy(options, view);
  const cleaner = createFlowCleaner({
    families: familiesOf(proxy),
    log: options.log,
    observers: [],
  });
  proxy.observe(cleaner);
  describeStart(options, view, proxy);
  return { proxy, cleaner };
}
