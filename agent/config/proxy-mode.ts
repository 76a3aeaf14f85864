/**
 * The proxy modes that this version can run, and the ways in that userspace mode can have.
 */

/** The mode that is run when none is named comes first; a new mode is added to this line. */
export const PROXY_MODES = ['nftables', 'iptables', 'userspace'] as const;

/** One of the modes that this version can run. */
export type ProxyMode = (typeof PROXY_MODES)[number];

/** How packets reach the userspace proxy; the default comes first. */
export const REDIRECTS = ['auto', 'nftables', 'iptables', 'none'] as const;

/** One of them; `auto` takes the first that works on this node. */
export type RedirectChoice = (typeof REDIRECTS)[number];
