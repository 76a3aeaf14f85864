/** The agent's own work, step by step and without a kernel. */
import { NftablesPlanner } from '../../../rules/nftables/planner.ts';
import { scriptSteps, scriptText } from '../../../rules/nftables/script.ts';
import { parseEndpointSlice } from '../../../rules/services/parse/endpoint-slice.ts';
import { parseService } from '../../../rules/services/parse/service.ts';
import { createWorld } from '../../../rules/services/world.ts';
import { fillWorld, initialPods, rawService, rawSlice } from '../cluster.ts';
import type { ClusterSize, ThinkingFigure } from '../figures.ts';
import { SETTINGS } from '../measured-agent.ts';
import { median } from '../statistics.ts';

/** Measures in this process. */
export function measureThinking(size: ClusterSize): ThinkingFigure[] {
  const service = rawService(1);
  const slice = rawSlice(1, initialPods(1, 100));
  return [
    { step: 'parse a Service', ms: repeat(() => parseService(service)) },
    {
      step: 'parse an EndpointSlice with 100 endpoints',
      ms: repeat(() => parseEndpointSlice(slice)),
    },
    ...measureFullPlan(size),
  ];
}

// --- internal ---

const BATCHES = 50;
const CALLS_PER_BATCH = 200;

/** The median time of one call in milliseconds, of many batches: one call is too short for the clock. */
function repeat(work: () => unknown): number {
  const times = Array.from({ length: BATCHES }, () => {
    const startedMs = performance.now();
    for (let call = 0; call < CALLS_PER_BATCH; call++) work();
    return (performance.now() - startedMs) / CALLS_PER_BATCH;
  });
  return median(times);
}

const FULL_PLANS = 5;

/** Everything from scratch, several times over. */
function measureFullPlan(size: ClusterSize): ThinkingFigure[] {
  const plans = Array.from({ length: FULL_PLANS }, () => {
    const world = createWorld();
    fillWorld(world, size);
    const planner = new NftablesPlanner('IPv4', SETTINGS);
    const [changes, checkOutMs] = time(() => world.checkOut());
    const [transaction, planMs] = time(() => {
      for (const [service, ports] of changes.ports) planner.setPorts(service, ports);
      return planner.plan();
    });
    const [, textMs] = time(() => scriptText(scriptSteps(transaction)));
    return { checkOutMs, planMs, textMs };
  });
  const all = `all of ${size.services.toLocaleString('en-US')} x ${size.endpoints}`;
  return [
    { step: `choose endpoints: ${all}`, ms: median(plans.map(({ checkOutMs }) => checkOutMs)) },
    { step: `plan a transaction: ${all}`, ms: median(plans.map(({ planMs }) => planMs)) },
    { step: `write it as text: ${all}`, ms: median(plans.map(({ textMs }) => textMs)) },
  ];
}

function time<T>(work: () => T): [T, number] {
  const startedMs = performance.now();
  const result = work();
  return [result, performance.now() - startedMs];
}
