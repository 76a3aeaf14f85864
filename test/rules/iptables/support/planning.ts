/** Planners at work: what tests of the planner have in common. */
import type { IpFamily } from '../../../../rules/ip.ts';
import { IptablesPlanner } from '../../../../rules/iptables/planner.ts';
import { restoreLines, restoreText } from '../../../../rules/iptables/restore.ts';
import type { ChainSettings } from '../../../../rules/iptables/settings.ts';
import type { ServicePort } from '../../../../rules/services/types.ts';
import type { Ports } from '../../nftables/support/clusters.ts';
import { makeSettings } from '../../nftables/support/settings.ts';
import type { KernelModel } from './kernel-model.ts';

/** Node 1's settings, with node ports at its own address. */
export function makeChainSettings(
  family: IpFamily,
  fields: Partial<ChainSettings> = {},
): ChainSettings {
  return {
    ...makeSettings(family),
    allowsLocalhostNodePorts: true,
    dropsInvalid: true,
    ...fields,
  };
}

/** A planner that was given these ports. */
export function plannerWith(
  family: IpFamily,
  ports: Ports,
  settings: ChainSettings = makeChainSettings(family),
): IptablesPlanner {
  const planner = new IptablesPlanner(family, settings);
  setAll(planner, ports);
  return planner;
}

/** Gives a planner all of these ports. */
export function setAll(planner: IptablesPlanner, ports: Ports): void {
  for (const [service, servicePorts] of ports) planner.setPorts(service, servicePorts);
}

/** A planner with this one service port. */
export function plannerOf(
  port: ServicePort,
  settings: ChainSettings = makeChainSettings(port.family),
): IptablesPlanner {
  return plannerWith(port.family, new Map([[port.service, [port]]]), settings);
}

/** What is planned, as text for iptables-restore. */
export function textOf(planner: IptablesPlanner): string {
  return restoreText(restoreLines(planner.plan()));
}

/** Applies what is planned, and says what was sent. */
export function sync(planner: IptablesPlanner, kernel: KernelModel): string {
  const transaction = planner.plan();
  const text = restoreText(restoreLines(transaction));
  kernel.restore(text);
  planner.committed(transaction);
  return text;
}
