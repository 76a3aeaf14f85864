/** What is found out about iptables mode, and about the way of a packet in every mode. */
import type { VariantName } from '../../agent/kernel/iptables-variant.ts';
import type { ClusterSize } from './figures.ts';

/** Whose chains, in which variant of iptables. */
export interface ChainSubject extends ClusterSize {
  readonly layout: 'switchyard' | 'kube-proxy';
  readonly variant: VariantName;
}

/** The whole cluster, from parsed objects (kube-proxy: from finished text) to right tables. */
export interface ChainSyncFigure extends ChainSubject {
  /** How many rules of somebody else stand in the table nat. */
  readonly foreignRules: number;
  readonly seconds: number;
  /** Of these, how many iptables-save and iptables-restore took. */
  readonly iptablesSeconds: number;
}

/** One endpoint replaced in standing tables. All times from the event on, in milliseconds. */
export interface ChainChangeFigure extends ChainSubject {
  readonly rounds: number;
  /** Until iptables-restore gets the change. The median. */
  readonly sentP50: number;
  /** Until the kernel has committed: seen by `nft monitor`; in the legacy variant, the end of iptables-restore. */
  readonly committedP50: number;
  readonly committedP99: number;
  /** Until iptables-restore has ended. */
  readonly endedP50: number;
}

/** Whose rules a packet meets, and in what: `none` sends to a pod's own address. */
export const FIRST_PACKET_RULES = [
  'none',
  'switchyard, nftables',
  'switchyard, iptables-nft',
  'switchyard, iptables-legacy',
  'kube-proxy, iptables-nft',
  'kube-proxy, iptables-legacy',
] as const;

/** One of the rules that packets are sent through. */
export type FirstPacketRules = (typeof FIRST_PACKET_RULES)[number];

/** The way of a new flow's first packet to its pod, in microseconds. */
export interface FirstPacketFigure extends ClusterSize {
  readonly rules: FirstPacketRules;
  readonly flows: number;
  readonly p50: number;
  readonly p99: number;
}

/** All of it. */
export interface IptablesFigures {
  readonly chainSync: readonly ChainSyncFigure[];
  readonly chainChange: readonly ChainChangeFigure[];
  readonly firstPacket: readonly FirstPacketFigure[];
}
