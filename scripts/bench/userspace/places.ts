/** Where everything is, in a network namespace that nobody else uses. */

export const LOOPBACK = '127.0.0.1';

/** nginx, as the endpoint of all TCP connections. */
export const ENDPOINT_PORT = 8_080;

/** The endpoint of datagrams. */
export const UDP_ENDPOINT_PORT = 8_053;

/** The first port of a carrier; more listeners follow it. */
export const FIRST_PORT = 20_000;

/** The carrier's core, and that of everything else. On one core they share it. */
export const CARRIER_CORE = 0;
export const LOAD_CORE = 1;
