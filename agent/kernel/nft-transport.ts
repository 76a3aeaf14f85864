/**
 * The transport by the nft command: text on its standard input, JSON from its listings.
 */
import type { Element as TableElement } from '../../rules/diff/element.ts';
import type { IpFamily } from '../../rules/ip.ts';
import { parseRuleset, renderCommand, type Element } from '../../rules/nftables-json/index.ts';
import type { AffinityEdit, AffinityEntry } from '../../rules/nftables/affinity.ts';
import { garbageCommands } from '../../rules/nftables/commands.ts';
import { RULES_PREFIX, shapeId } from '../../rules/nftables/identity.ts';
import {
  ForeignElementError,
  readAffinityEntries,
  readChains,
  readElements,
} from '../../rules/nftables/listing.ts';
import {
  AFFINITY,
  COLLECTIONS,
  isMap,
  nftFamily,
  SHARED_CHAINS,
  TABLE,
} from '../../rules/nftables/names.ts';
import type { FoundTable } from '../../rules/nftables/planner.ts';
import { changeAt, scriptSteps, scriptText, type ScriptStep } from '../../rules/nftables/script.ts';
import type { Transaction } from '../../rules/nftables/transaction.ts';
import { KernelError } from './kernel-error.ts';
import { parseComplaint } from './nft-errors.ts';
import type { RunNft } from './nft-process.ts';
import type { Transport } from './transport.ts';

/** Carries transactions by running nft. */
export class NftTransport implements Transport {
  readonly #run: RunNft;
  /** How many bytes of text a batch may have: found out when the kernel refuses one. */
  #maxBatchBytes = Infinity;

  constructor(run: RunNft) {
    this.#run = run;
  }

  async readTable(family: IpFamily): Promise<FoundTable | undefined> {
    const chainNames = await this.#chainNames(family);
    if (chainNames.length === 0) return undefined;
    const { shapeId: foundId, rulesId, shared } = readChains(chainNames);
    const elements = foundId === shapeId(family) ? await this.#readElements(family) : undefined;
    // Whatever the markers say: if it cannot be read as that shape, it has another one.
    if (elements === undefined) return { shapeId: undefined, rulesId, contents: new Map() };
    return { shapeId: foundId, rulesId, contents: elements.set(SHARED_CHAINS, shared) };
  }

  async readAffinity(family: IpFamily): Promise<AffinityEntry[]> {
    return readAffinityEntries((await this.#listElements(family, 'set', AFFINITY)) ?? []);
  }

  async isIntact(family: IpFamily, rulesId: string): Promise<boolean> {
    const marker = RULES_PREFIX + rulesId;
    return (await this.#chainNames(family)).includes(marker);
  }

  async apply(transaction: Transaction, edits: readonly AffinityEdit[]): Promise<void> {
    await this.#applySteps(scriptSteps(transaction, edits));
  }

  async collect(transaction: Transaction): Promise<void> {
    if (transaction.garbage.length === 0) return;
    const lines = garbageCommands(transaction).map(renderCommand);
    await this.#applySteps([{ lines, changes: [] }]);
  }

  async removeTable(family: IpFamily): Promise<boolean> {
    const table = { family: nftFamily(family), name: TABLE };
    try {
      await this.#applySteps([{ lines: [renderCommand({ delete: { table } })], changes: [] }]);
      return true;
    } catch (error) {
      if (error instanceof KernelError && error.code === 'not-found') return false;
      throw error;
    }
  }

  async #applySteps(steps: readonly ScriptStep[]): Promise<void> {
    if (steps.length === 0) return;
    const text = scriptText(steps);
    if (text.length > this.#maxBatchBytes && steps.length > 1) {
      await this.#applyHalves(steps);
      return;
    }
    const { exitCode, stderr } = await this.#run(['-f', '-'], text);
    if (exitCode === 0) return;
    const complaint = parseComplaint(stderr);
    if (complaint.code === 'too-large' && steps.length > 1) {
      // Seen in user namespaces, where the kernel does not let us enlarge the socket's buffer.
      this.#maxBatchBytes = text.length / 2;
      await this.#applyHalves(steps);
      return;
    }
    throw errorOf(complaint, steps);
  }

  async #applyHalves(steps: readonly ScriptStep[]): Promise<void> {
    const middle = Math.ceil(steps.length / 2);
    await this.#applySteps(steps.slice(0, middle));
    await this.#applySteps(steps.slice(middle));
  }

  /**
   * The names of our table's chains: none when there is no table. Chains of all tables are listed,
   * since that is the one listing for which nft 1.0.6 does not read every element there is.
   */
  async #chainNames(family: IpFamily): Promise<string[]> {
    const chains = await this.#list(['chains', nftFamily(family)]);
    return chains.flatMap((object) =>
      'chain' in object && object.chain.table === TABLE ? [object.chain.name] : [],
    );
  }

  /** Every element of ours; `undefined` when a set is missing or holds what we never put there. */
  async #readElements(family: IpFamily): Promise<Map<string, ElementsByKey> | undefined> {
    const contents = new Map<string, ElementsByKey>();
    for (const collection of COLLECTIONS) {
      const kind = isMap(collection) ? 'map' : 'set';
      const listed = await this.#listElements(family, kind, collection);
      if (listed === undefined) return undefined;
      try {
        contents.set(collection, readElements(collection, listed));
      } catch (error) {
        if (error instanceof ForeignElementError) return undefined;
        throw error;
      }
    }
    return contents;
  }

  async #listElements(
    family: IpFamily,
    kind: 'set' | 'map',
    name: string,
  ): Promise<readonly Element[] | undefined> {
    try {
      const objects = await this.#list([kind, nftFamily(family), TABLE, name]);
      for (const object of objects) {
        if ('set' in object) return object.set.elem ?? [];
        if ('map' in object) return object.map.elem ?? [];
      }
      return undefined;
    } catch (error) {
      if (error instanceof KernelError && error.code === 'not-found') return undefined;
      throw error;
    }
  }

  async #list(what: readonly string[]): Promise<ReturnType<typeof parseRuleset>['nftables']> {
    const { exitCode, stdout, stderr } = await this.#run(['-j', 'list', ...what]);
    if (exitCode !== 0) {
      const { code, message } = parseComplaint(stderr);
      throw new KernelError(code, `nft list ${what.join(' ')} failed: ${message}`);
    }
    try {
      return parseRuleset(stdout).nftables;
    } catch (cause) {
      throw new KernelError(
        'unreadable',
        `nft list ${what.join(' ')} printed what we cannot read`,
        {
          cause,
        },
      );
    }
  }
}

// --- internal ---

type ElementsByKey = ReadonlyMap<string, TableElement>;

function errorOf(
  { code, message, line, column }: ReturnType<typeof parseComplaint>,
  steps: readonly ScriptStep[],
): KernelError {
  const change = line === undefined ? undefined : changeAt(steps, line, column ?? 1);
  const command = line === undefined ? undefined : lineAt(steps, line);
  const place =
    change !== undefined
      ? ` (${change.collection} { ${change.key} })`
      : command !== undefined
        ? ` (${command.slice(0, 120)})`
        : '';
  return new KernelError(code, `nft refused the transaction: ${message}${place}`, {
    changes: change === undefined ? [] : [change],
  });
}

function lineAt(steps: readonly ScriptStep[], line: number): string | undefined {
  return steps.flatMap(({ lines }) => lines)[line - 1];
}
