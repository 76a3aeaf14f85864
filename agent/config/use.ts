/**
 * What the agent does with a field of the configuration file or with a flag of kube-proxy's. One
 * that is not in use is accepted all the same, so that a configuration carries over, and warned of.
 */

/** What the agent does with a field or a flag. */
export type Use =
  | {
      readonly kind: 'used';
      /** What a running agent does when the field changes in its file. */
      readonly onChange: 'apply' | 'restart';
    }
  /** It has no meaning here; `why` completes "... makes no sense here: ". */
  | { readonly kind: 'never'; readonly why: string };

/** In use; a change ends the agent, to be started again with it. */
export const USED: Use = { kind: 'used', onChange: 'restart' };

/** In use; a change is taken up by the running agent. */
export const USED_LIVE: Use = { kind: 'used', onChange: 'apply' };

/** Why something is not in use: each reason is shared by fields and flags. */
export const NOT_USED = {
  noRateLimit: never('the agent makes a few requests in ten minutes'),
  jsonOnly: never('the agent speaks JSON with the API server'),
  unbuffered: never('log lines are written at once, to one stream'),
  noKlog: never('it belongs to a logging library that the agent does not use'),
  noVmodule: never("it names kube-proxy's source files"),
  noGates: never('the agent has no feature gates'),
  noProfiler: never('the profiler is that of the Go runtime'),
  noHiddenMetrics: never('the agent hides no metrics'),
  noIpvs: never('there is no ipvs mode'),
  noWindows: never('the agent runs on Linux only'),
  noResync: never('every change is told when it happens'),
  noPortRange: never('kube-proxy ignores it as well'),
} as const satisfies Record<string, Use>;

/** The warning for a field or flag that is set without effect; `undefined` when it is in use. */
export function useWarning(name: string, use: Use): string | undefined {
  switch (use.kind) {
    case 'used':
      return undefined;
    case 'never':
      return `${name} makes no sense here: ${use.why}`;
  }
}

// --- internal ---

function never(why: string): Use {
  return { kind: 'never', why };
}
