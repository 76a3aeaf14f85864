/**
 * What our rules ask of a packet, in one family: the vocabulary that all chains are written in.
 */
import { fib, meta, numgen, payload, prefix, type Expression } from '../nftables-json/index.ts';
import type { IpFamily } from '../ip.ts';
import { nftFamily, type NftFamily } from './names.ts';

/** The fields that rules of one family match on. */
export interface PacketFields {
  readonly family: NftFamily;
  /** Source address. */
  readonly saddr: Expression;
  /** Destination address. */
  readonly daddr: Expression;
  /** protocol, port: the parts by which a node port is known. */
  readonly port: readonly Expression[];
  /** ip, protocol, port: the parts by which every other frontend is known. */
  readonly destination: readonly Expression[];
  /** The family's loopback network. */
  readonly loopback: Expression;
  /** Whether the destination is an address of this node: compare with 'local'. */
  readonly destinationType: Expression;
  /** Whether the source is an address of this node: compare with 'local'. */
  readonly sourceType: Expression;
}

/** The fields of one family. */
export function packetFields(family: IpFamily): PacketFields {
  const ip = nftFamily(family);
  const saddr = payload(ip, 'saddr');
  const daddr = payload(ip, 'daddr');
  return {
    family: ip,
    saddr,
    daddr,
    port: PORT,
    destination: [daddr, ...PORT],
    loopback: family === 'IPv4' ? prefix('127.0.0.0', 8) : '::1',
    destinationType: fib('type', ['daddr']),
    sourceType: fib('type', ['saddr']),
  };
}

/** A random slot below `count`, from `base` on. */
export function randomSlot(count: number, base: number): Expression {
  return numgen('random', count, base);
}

/**
 * A slot as a constant of the type that `randomSlot` has. nft takes no constant in a concatenation;
 * a counter of one step is one.
 */
export function constantSlot(slot: number): Expression {
  return numgen('inc', 1, slot);
}

/**
 * A slot as a constant of type `mark`, for the key of the affinity set: with numgen in a set's key
 * nft 1.0.6 aborts when it lists the set, so a constant is made from a field of which no bit is kept.
 */
export function constantMark(slot: number): Expression {
  return { '|': [{ '&': [meta('mark'), 0] }, slot] };
}

// --- internal ---

const PORT: readonly Expression[] = [meta('l4proto'), payload('th', 'dport')];
