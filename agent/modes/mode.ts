/**
 * What a proxy mode is to the agent and to the command line. Each mode is a file of this folder; what
 * they decide alike (service ports, endpoints, settings) is worked out before.
 */
import type { IpFamily } from '../../rules/ip.ts';
import type { ReportSection } from '../../rules/report.ts';
import type { ServiceKey, ServicePort } from '../../rules/services/types.ts';
import type { RuleSettings } from '../../rules/settings.ts';
import type { ProxyMode } from '../config/proxy-mode.ts';
import type { Finding } from '../node/preflight.ts';
import type { Proxier, ProxierEvents } from '../sync/proxier.ts';
import type { UserspaceProxy } from '../userspace/interface.ts';

/** A way to serve Services. */
export interface Mode {
  readonly name: ProxyMode;
  /**
   * Why this node cannot serve a family that its kernel has; `undefined` where it can. Modes without it
   * can serve both.
   */
  obstacleTo?(family: IpFamily): Promise<string | undefined>;
  /** Makes what keeps one family's Services. Touches nothing until its first sync. */
  createProxier(options: ProxierOptions): Proxier;
  /** What would be programmed on a node that has nothing yet, in these families. Touches nothing. */
  render(desired: Desired, families: readonly IpFamily[], format: RenderFormat): Rendering;
  /** What an agent would change on this node now, family by family. Changes nothing. */
  differences(desired: Desired, families: readonly IpFamily[]): Promise<FamilyDifference[]>;
  /** Looks for everything that the mode needs. Rejects for bugs only, never for what it finds. */
  check(): Promise<Finding[]>;
  /**
   * Removes everything of ours that this mode may have left on this node, and nothing else: the rules
   * of a kube-proxy, say, are not ours. Answers what it did. Safe to repeat; needs
   * neither a configuration nor a cluster.
   */
  cleanUp(): Promise<Removal[]>;
  /**
   * Removes what the mode would have programmed in another way on this node: by another variant of a
   * tool, say. Answers as `cleanUp`. A mode with one way has nothing such.
   */
  removeLeftovers?(): Promise<Removal[]>;
  /** The mode whose rules this one uses as its own, known once it has synced: they are no leftovers. */
  ruledBy?(): ProxyMode | undefined;
}

/** What became of one thing that was to be removed. */
export interface Removal {
  /** Whether it was there, ours, and is gone now. */
  readonly isRemoved: boolean;
  /** The same for people: one line. */
  readonly line: string;
}

/** What a proxier is made of. */
export interface ProxierOptions {
  readonly family: IpFamily;
  readonly settings: RuleSettings;
  readonly events: ProxierEvents;
  /** What carries connections in userspace, where the agent has such; it does unless it syncs only once. */
  readonly userspace?: UserspaceProxy;
}

/** A cluster as this node wants it, worked out. */
export interface Desired {
  /** Of both families. */
  readonly ports: ReadonlyMap<ServiceKey, readonly ServicePort[]>;
  readonly settings: (family: IpFamily) => RuleSettings;
}

/** How `render` writes: as the kernel's own tool reads it, or as JSON where there is such a form. */
export type RenderFormat = 'text' | 'json';

/** What `render` writes. */
export interface Rendering {
  /** What the reader should know, a sentence each; not a part of the text. */
  readonly notes: readonly string[];
  /** In pieces: of ten thousand Services the whole is large. */
  readonly text: Iterable<string>;
}

/** What one family lacks or has too much. */
export interface FamilyDifference {
  readonly family: IpFamily;
  /** None where there is nothing to do. */
  readonly sections: readonly ReportSection[];
}
