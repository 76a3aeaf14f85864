/** How long the show waits for traffic. */

/** Enough connections to see how they are spread. */
export const WINDOW_MS = 2000;

/** A look in between. */
export const SHORT_WINDOW_MS = 1000;

/**
 * How long a pod goes on after the last node has stopped sending to it: connections that were on
 * their way are accepted by then. In a cluster this is what a preStop hook waits for.
 */
export const GRACE_MS = 500;
