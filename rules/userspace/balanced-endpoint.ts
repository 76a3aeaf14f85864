/** An endpoint as balancers see it: what is known of it, and how it has done so far. */
import type { ListenerEndpoint } from './listener-spec.ts';

/** One endpoint of a pool. It lives as long as the endpoint is listed or has connections. */
export interface BalancedEndpoint {
  readonly id: string;
  target: ListenerEndpoint;
  /** Connections that are open or being opened. */
  active: number;
  /** The moving average of its response times; `undefined` until there was one. */
  responseMs: number | undefined;
  /** When the average was last fed. */
  respondedAtMs: number;
  /** Attempts to connect that failed since the last that did not. */
  failures: number;
  /** It is set aside until then. */
  asideUntilMs: number;
  /** When it was left out of the pool; `undefined` while it is in it. */
  goneAtMs: number | undefined;
}

/** An endpoint of which nothing is known yet. */
export function newEndpoint(target: ListenerEndpoint): BalancedEndpoint {
  return {
    id: target.id,
    target,
    active: 0,
    responseMs: undefined,
    respondedAtMs: 0,
    failures: 0,
    asideUntilMs: 0,
    goneAtMs: undefined,
  };
}

/** Feeds the average with the time of a connect, or of a first byte. */
export function noteResponse(endpoint: BalancedEndpoint, elapsedMs: number, nowMs: number): void {
  const before = endpoint.responseMs;
  endpoint.responseMs = before === undefined ? elapsedMs : before + SHARE * (elapsedMs - before);
  endpoint.respondedAtMs = nowMs;
}

/** It took a connection: whatever was held against it is forgotten. */
export function noteSuccess(endpoint: BalancedEndpoint): void {
  endpoint.failures = 0;
  endpoint.asideUntilMs = 0;
}

/**
 * It took none. From the third time in a row it is set aside, for longer each time; one that comes
 * back after that has a single try.
 */
export function noteFailure(endpoint: BalancedEndpoint, nowMs: number): void {
  endpoint.failures += 1;
  const excess = endpoint.failures - PATIENCE;
  if (excess < 0) return;
  endpoint.asideUntilMs = nowMs + Math.min(FIRST_ASIDE_MS * 2 ** excess, MAX_ASIDE_MS);
}

/** Whether it is set aside at this time. */
export function isAside(endpoint: BalancedEndpoint, nowMs: number): boolean {
  return endpoint.asideUntilMs > nowMs;
}

// --- internal ---

/** How much the latest time counts against all before. */
const SHARE = 0.2;

/** Failures in a row that lead to being set aside. */
const PATIENCE = 3;
const FIRST_ASIDE_MS = 1_000;
const MAX_ASIDE_MS = 30_000;
