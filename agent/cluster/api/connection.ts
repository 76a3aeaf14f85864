/** What the API source needs to know of the way to the server, whoever provides it. */
import type { Agent } from 'node:http';

/** What makes a request ours. */
export interface Credentials {
  /** Holds the TLS material, and keeps connections for the next request. */
  readonly agent: Agent;
  readonly headers: Readonly<Record<string, string>>;
}

/** Where the API server is, and with which credentials it is asked. */
export interface Connection {
  /** `https://host:port`, perhaps with a path; no slash at the end. */
  readonly server: string;
  /** For the next request; read anew each time, since they rotate. */
  credentials(): Promise<Credentials>;
  /** Forgets credentials that were kept: the server does not take them any more. */
  renew(): void;
  /** Ends connections that wait for a next request. */
  close(): void;
}
