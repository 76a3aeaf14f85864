/** Chains kept in the real kernel by one variant of iptables, which can be told to refuse something. */
import { execa } from 'execa';
import { IptablesTransport } from '../../../agent/kernel/iptables-transport.ts';
import {
  chooseVariant,
  IPTABLES,
  type VariantName,
} from '../../../agent/kernel/iptables-variant.ts';
import type { RunProgram } from '../../../agent/kernel/program.ts';
import { ChainSync } from '../../../agent/sync/chain-sync.ts';
import { serviceChain } from '../../../rules/iptables/names.ts';
import { parseSave } from '../../../rules/iptables/save.ts';
import type { ChainOptions } from '../../../rules/iptables/settings.ts';
import { portOf } from '../../agent/sync/support/table-stage.ts';
import { createSyncStage, NUMBERS, type SyncStage } from './sync-stage.ts';

/** Keeps Services in chains. */
export interface ChainStage extends SyncStage {
  /** From now on iptables takes no rule in a Service's chain in which this address stands. */
  refuse(ip: string | undefined): void;
  /** What iptables was given since the last call. */
  takeInputs(): string[];
}

/** Chains that nobody has written yet. */
export function createChainStage(variant: VariantName): ChainStage {
  let refused: string | undefined;
  let inputs: string[] = [];
  // A real complaint of the real program, over an option that it does not know.
  const spoil = (line: string): string =>
    refused !== undefined && line.startsWith('-A KUBE-SVC-') && line.includes(`${refused}/`)
      ? `${line} --no-such-option`
      : line;
  const run: RunProgram = (program, args, input) => {
    if (input !== undefined && input !== '') inputs.push(input);
    return IPTABLES.run(program, args, input?.split('\n').map(spoil).join('\n'));
  };
  const seams = { ...IPTABLES, run };
  const transport = new IptablesTransport(seams, () => chooseVariant(variant, seams));
  const chainOptions = (): ChainOptions => ({
    allowsLocalhostNodePorts: false,
    dropsInvalid: true,
  });
  return {
    ...createSyncStage((options) => new ChainSync({ ...options, chainOptions, transport })),
    refuse: (ip) => (refused = ip),
    takeInputs: () => {
      const taken = inputs;
      inputs = [];
      return taken;
    },
  };
}

/** The chain of the Service with a number. */
export function chainOf(number: number): string {
  return serviceChain('KUBE-SVC-', portOf(number, 1));
}

/** One variant of the real iptables, in IPv4. */
export class Iptables {
  readonly #variant: VariantName;

  constructor(variant: VariantName) {
    this.#variant = variant;
  }

  /** Runs it. */
  async run(...args: string[]): Promise<void> {
    await execa(`iptables-${this.#variant}`, ['-w', '5', ...args]);
  }

  /** Deletes every rule and every chain that is not iptables' own. */
  async flush(): Promise<void> {
    for (const table of ['nat', 'filter', 'mangle']) {
      for (const command of ['-F', '-X']) await this.run('-t', table, command);
    }
  }

  /** Everything that is there: rules by chain and table, in an order that is always the same. */
  async saved(): Promise<Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>> {
    const { stdout } = await execa(`iptables-${this.#variant}-save`);
    return Object.fromEntries(
      [...parseSave(stdout)].map(([table, chains]) => [
        table,
        Object.fromEntries([...chains].sort()),
      ]),
    );
  }

  /** How many endpoints each Service has in the kernel. */
  async endpointCounts(): Promise<number[]> {
    const { nat } = await this.saved();
    return NUMBERS.map((number) => {
      const rules = nat?.[chainOf(number)] ?? [];
      return rules.filter((rule) => rule.includes('-j DNAT')).length;
    });
  }
}
