/** Every dispatch there is: what is looked up by destination, and for whom. */
import type { Ledger } from '../diff/ledger.ts';
import type { IpFamily } from '../ip.ts';
import { Dispatch } from './dispatch.ts';
import type { ChainPrefix, Table } from './names.ts';

/** What is looked up. */
export type DispatchName = keyof typeof DISPATCHES;

/** The dispatches of one family by their names. */
export type Dispatches = Readonly<Record<DispatchName, Dispatch>>;

/** The rules that lead into each dispatch. */
export type DispatchRules = Readonly<Record<DispatchName, readonly string[]>>;

/** Empty dispatches that claim their chains in this ledger. */
export function createDispatches(family: IpFamily, chains: Ledger): Dispatches {
  const create = (name: DispatchName): Dispatch =>
    new Dispatch({ family, chains, ...DISPATCHES[name] });
  return byName(create);
}

/** Brings all of them up to date. */
export function settleDispatches(dispatches: Dispatches): DispatchRules {
  return byName((name) => dispatches[name].settle());
}

// --- internal ---

interface Kind {
  readonly table: Table;
  /** What it leads to is called alike. */
  readonly prefix: ChainPrefix;
  readonly hasAddress: boolean;
}

const DISPATCHES = {
  /** In KUBE-SERVICES: ClusterIPs, external IPs, load balancer IPs. */
  services: { table: 'nat', prefix: 'KUBE-SVC-', hasAddress: true },
  /** In KUBE-NODEPORTS. */
  nodePorts: { table: 'nat', prefix: 'KUBE-EXT-', hasAddress: false },
  /** In KUBE-POSTROUTING: this node's endpoints, which may be sent to themselves. */
  hairpins: { table: 'nat', prefix: 'KUBE-SEP-', hasAddress: true },
  /** In KUBE-SERVICES: ClusterIPs without endpoints. */
  internalRefusals: { table: 'filter', prefix: 'KUBE-SVC-', hasAddress: true },
  /** In both of them: external and load balancer IPs without endpoints. */
  externalRefusals: { table: 'filter', prefix: 'KUBE-EXT-', hasAddress: true },
  /** In KUBE-EXT-NODEPORTS: node ports without endpoints. */
  nodePortRefusals: { table: 'filter', prefix: 'KUBE-EXT-', hasAddress: false },
  /** In KUBE-PROXY-FIREWALL: load balancer IPs with source ranges, listeners of the userspace proxy. */
  firewalls: { table: 'filter', prefix: 'KUBE-FW-', hasAddress: true },
  /** In KUBE-NODEPORTS. */
  healthChecks: { table: 'filter', prefix: 'KUBE-SVC-', hasAddress: false },
} as const satisfies Record<string, Kind>;

function byName<T>(make: (name: DispatchName) => T): Record<DispatchName, T> {
  return {
    services: make('services'),
    nodePorts: make('nodePorts'),
    hairpins: make('hairpins'),
    internalRefusals: make('internalRefusals'),
    externalRefusals: make('externalRefusals'),
    nodePortRefusals: make('nodePortRefusals'),
    firewalls: make('firewalls'),
    healthChecks: make('healthChecks'),
  };
}
