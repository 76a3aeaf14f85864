/** Samples: JSON and its text side by side, for every kind there is. The compiler counts the kinds. */
import { clusterIp, nodeIp, podIp } from '../../../support/addresses.ts';

/** What stands under a kind's key, and the text of the whole. */
export interface Sample<Body> {
  readonly body: Body;
  readonly text: string;
}

/** At least one sample for every kind. */
export type Samples<Bodies> = {
  readonly [Kind in keyof Bodies]: readonly [Sample<Bodies[Kind]>, ...Sample<Bodies[Kind]>[]];
};

/** A sample as tests use it: the JSON object, and a title. */
export interface Case {
  readonly kind: string;
  readonly json: Readonly<Record<string, unknown>>;
  readonly text: string;
}

export const VIP = clusterIp('IPv4', 1);
export const VIP6 = clusterIp('IPv6', 1);
export const POD = podIp('IPv4', 1, 1);
export const POD6 = podIp('IPv6', 1, 1);
export const NODE = nodeIp('IPv4', 1);

/** All samples of a table, flat. */
export function casesOf(samples: Readonly<Record<string, readonly Sample<unknown>[]>>): Case[] {
  return Object.entries(samples).flatMap(([kind, list]) =>
    list.map(({ body, text }) => ({ kind, json: { [kind]: body }, text })),
  );
}
