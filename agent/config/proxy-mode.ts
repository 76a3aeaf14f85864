/**
 * The proxy modes that this version can run.
 */

/** The mode that is run when none is named comes first; a new mode is added to this line. */
export const PROXY_MODES = ['nftables', 'iptables'] as const;

/** One of the modes that this version can run. */
export type ProxyMode = (typeof PROXY_MODES)[number];
