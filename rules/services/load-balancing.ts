/** How a proxy that carries bytes itself spreads connections; packet filters have ways of their own. */

/** Every balancer by the name that the annotation `switchyard.dev/load-balancing` has for it. */
export const LOAD_BALANCINGS = [
  'round-robin',
  'random',
  'least-connections',
  'fastest-response',
  'consistent-hash',
] as const;

/** The name of a balancer. */
export type LoadBalancing = (typeof LOAD_BALANCINGS)[number];
