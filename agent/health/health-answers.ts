/**
 * The health address: `/healthz` for load balancers, `/livez` for the kubelet (behaviour document,
 * section 6.1), and `/readyz`, which says what is missing.
 */
import { jsonAnswer, notFound, type Answerer, type HttpAnswer } from '../http/answer.ts';
import type { FamilyHealth, ProxyHealth } from './proxy-health.ts';
import type { Readiness } from './readiness.ts';

/** What the answers depend on. */
export interface HealthSources {
  readonly health: ProxyHealth;
  readonly readiness: Readiness;
  /** Whether load balancers may send this node new traffic. */
  readonly isNodeEligible: () => boolean;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Told of each answer's status. */
  readonly answered: (path: HealthPath, status: number) => void;
}

/** The paths that kube-proxy counts. */
export type HealthPath = '/healthz' | '/livez';

/** Answers on the health address, whatever the method. */
export function healthAnswerer(sources: HealthSources): Answerer {
  return ({ path }) => {
    switch (path) {
      case '/healthz':
      case '/livez':
        return healthAnswer(path, sources);
      case '/readyz':
        return readyAnswer(sources.readiness);
      default:
        return notFound();
    }
  };
}

/** A time as Go writes it, RFC 3339 with as many digits as needed; its zero time for `undefined`. */
export function goTime(ms: number | undefined): string {
  if (ms === undefined) return '0001-01-01T00:00:00Z';
  return new Date(ms).toISOString().replace(/\.?0*Z$/, 'Z');
}

// --- internal ---

function healthAnswer(
  path: HealthPath,
  { health, isNodeEligible, now, answered }: HealthSources,
): HttpAnswer {
  const isHealthy = health.isHealthy();
  const isEligible = isNodeEligible();
  const isGood = isHealthy && (path === '/livez' || isEligible);
  const families = health.families();
  const updates = families.flatMap(({ lastUpdatedMs }) => lastUpdatedMs ?? []);
  const newestMs = updates.length === 0 ? undefined : Math.max(...updates);
  const nowMs = now();
  const status = isGood ? 200 : 503;
  answered(path, status);
  // In kube-proxy's order of keys.
  const body = {
    // A good answer is as fresh as it can be: some load balancers look at this alone.
    lastUpdated: goTime(isGood ? nowMs : newestMs),
    currentTime: goTime(nowMs),
    ...(path === '/healthz' ? { nodeEligible: isEligible } : {}),
    healthy: isHealthy,
    ...(families.length === 0 ? {} : { status: Object.fromEntries(families.map(familyEntry)) }),
  };
  return jsonAnswer(status, JSON.stringify(body));
}

function familyEntry({ family, lastUpdatedMs, isHealthy }: FamilyHealth): [string, object] {
  return [family, { lastUpdated: goTime(lastUpdatedMs), healthy: isHealthy }];
}

function readyAnswer(readiness: Readiness): HttpAnswer {
  const reasons = readiness.reasons();
  const body = { ready: reasons.length === 0, reasons };
  return jsonAnswer(body.ready ? 200 : 503, `${JSON.stringify(body)}\n`);
}
