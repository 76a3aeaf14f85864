/**
 * The transport of iptables mode: iptables-restore for what changes, iptables-save for what is there.
 * A lock is held by every program that changes legacy tables; we wait for it, for a bounded time.
 */
import type { IpFamily } from '../../rules/ip.ts';
import { packetsIn, type CountedRule } from '../../rules/iptables/counted-rules.ts';
import { JUMPS, KUBELET_JUMPS } from '../../rules/iptables/jumps.ts';
import { CANARY, TABLES, type Table } from '../../rules/iptables/names.ts';
import { restoreLines, restoreText, type RestoreLine } from '../../rules/iptables/restore.ts';
import { parseSave, type FoundTables } from '../../rules/iptables/save.ts';
import { halvesOf } from '../../rules/iptables/split.ts';
import type { ChainTransaction } from '../../rules/iptables/transaction.ts';
import { parseComplaint, tablesLeftOut, type IptablesComplaint } from './iptables-errors.ts';
import { legacyTables, programOf, type Variant, type VariantSeams } from './iptables-variant.ts';
import { KernelError } from './kernel-error.ts';
import type { ProgramResult } from './program.ts';

/** Carries transactions by running one variant of iptables. */
export class IptablesTransport {
  readonly #seams: VariantSeams;
  readonly #variantOnce: () => Promise<Variant>;
  readonly #now: () => number;
  /** When a family's table is asked for its canary again. */
  readonly #askAgainAt = new Map<string, number>();
  /** The tables of a family that cannot be listed, as far as is known. */
  readonly #unlisted = new Map<IpFamily, ReadonlySet<string>>();
  /** The last run of the legacy variant. */
  #lastRun: Promise<unknown> = Promise.resolve();

  /** `choose` is asked for the variant when it is first needed, and again if it could not tell. */
  constructor(
    seams: VariantSeams,
    choose: () => Promise<Variant>,
    now: () => number = () => performance.now(),
  ) {
    this.#seams = seams;
    this.#variantOnce = onceDone(choose);
    this.#now = now;
  }

  /** The variant that is used. */
  variant(): Promise<Variant> {
    return this.#variantOnce();
  }

  /**
   * Why the kernel cannot translate addresses of a family (behaviour document, 3.12); `undefined` where
   * it can, and where iptables could not be asked, which may be otherwise the next time.
   */
  async obstacleTo(family: IpFamily): Promise<string | undefined> {
    try {
      if (await this.#hasLegacyTable(family, 'nat')) return undefined;
      // Not by a listing: that fails also where somebody has put rules of nftables into a chain.
      const args = ['--noflush', '--test', ...WAIT];
      const { exitCode, stderr } = await this.#run(family, '-restore', args, '*nat\nCOMMIT\n');
      return exitCode === 0 || exitCode === LOCKED ? undefined : parseComplaint(stderr).message;
    } catch (error) {
      if (error instanceof KernelError) return undefined;
      throw error;
    }
  }

  /**
   * Reads every table with all rules: expensive in large clusters, for start and repair only. Rejects as
   * unreadable when iptables cannot list a table that holds chains of ours.
   */
  async readTables(family: IpFamily): Promise<FoundTables> {
    const { found, leftOut } = await this.#save(family);
    for (const table of leftOut) {
      if (!(await this.#hasCanary(family, table))) continue;
      throw new KernelError(
        'unreadable',
        `iptables cannot list its table ${table} (${family}): another program has put rules of nftables into it`,
      );
    }
    return found;
  }

  /**
   * The same for who is going to write. Of a table that iptables cannot list there is only what must be
   * known: which of our jumps are there.
   */
  async readForWriting(family: IpFamily): Promise<FoundTables> {
    const { found, leftOut } = await this.#save(family);
    this.#unlisted.set(family, new Set(leftOut));
    const all = new Map(found);
    for (const table of leftOut) all.set(table, await this.#jumpsIn(family, table));
    return all;
  }

  /**
   * Whether nobody has flushed one of our tables. It may be asked often: a table that takes long to
   * answer is passed over until asking is a small part of the time again.
   */
  async isIntact(family: IpFamily): Promise<boolean> {
    for (const table of TABLES) {
      const key = `${family} ${table}`;
      const asked = this.#now();
      if (asked < (this.#askAgainAt.get(key) ?? 0)) continue;
      if (!(await this.#hasCanary(family, table))) return false;
      const answered = this.#now();
      this.#askAgainAt.set(key, answered + (answered - asked) * REST);
    }
    return true;
  }

  /** How many packets a rule has met; `undefined` where it is not there. Costs little, whatever else is there. */
  async countPackets(family: IpFamily, counted: CountedRule): Promise<number | undefined> {
    return packetsIn(await this.#listChain(family, 'filter', counted.chain), counted);
  }

  /**
   * Applies a transaction: a table at a time, each of them all or nothing; where the kernel takes
   * smaller batches only, in parts that are each safe to live with.
   */
  async apply(transaction: ChainTransaction): Promise<void> {
    const { name } = await this.variant();
    const unlisted = this.#unlisted.get(transaction.family);
    const listed = name === 'nft' ? TABLES.filter((table) => unlisted?.has(table) !== true) : [];
    const lines = [...restoreLines(transaction, { listed })];
    const { exitCode, stderr } = await this.#run(
      transaction.family,
      '-restore',
      ['--noflush', '--counters', ...WAIT],
      restoreText(lines),
    );
    if (exitCode === 0) return;
    const complaint = parseComplaint(stderr);
    const halves = complaint.code === 'too-large' ? halvesOf(transaction) : undefined;
    if (halves !== undefined) {
      // Seen in user namespaces, where the kernel does not let iptables-nft enlarge its socket's buffer.
      for (const half of halves) await this.apply(half);
      return;
    }
    const line = complaint.line === undefined ? undefined : lines[complaint.line - 1];
    throw errorOf('iptables-restore refused the chains', complaint, line);
  }

  async #save(
    family: IpFamily,
  ): Promise<{ readonly found: FoundTables; readonly leftOut: readonly Table[] }> {
    const variant = await this.variant();
    // Without tables there is nothing to print, and legacy tables come to be by being asked for.
    if (variant.name === 'legacy' && legacyTables(family, this.#seams.files).length === 0) {
      return { found: new Map(), leftOut: [] };
    }
    const { exitCode, stdout, stderr } = await this.#run(family, '-save', []);
    if (exitCode !== 0) throw errorOf('iptables-save failed', parseComplaint(stderr));
    const leftOut = tablesLeftOut(stdout);
    return { found: parseSave(stdout), leftOut: TABLES.filter((table) => leftOut.includes(table)) };
  }

  /** Whether the legacy variant is used and has this table: known without reading all that is in it. */
  async #hasLegacyTable(family: IpFamily, table: Table): Promise<boolean> {
    const { name } = await this.variant();
    return name === 'legacy' && legacyTables(family, this.#seams.files).includes(table);
  }

  async #hasCanary(family: IpFamily, table: Table): Promise<boolean> {
    return (await this.#listChain(family, table, CANARY)).includes(`-A ${CANARY} `);
  }

  /** A chain's rules with their counters; nothing where there is no such chain. */
  async #listChain(family: IpFamily, table: Table, chain: string): Promise<string> {
    const args = [...WAIT, '-t', table, '-v', '-S', chain];
    const { exitCode, stdout, stderr } = await this.#run(family, '', args);
    if (exitCode === LOCKED) throw errorOf('iptables -S failed', parseComplaint(stderr));
    return exitCode === 0 ? stdout : '';
  }

  async #jumpsIn(family: IpFamily, table: Table): Promise<ReadonlyMap<string, string[]>> {
    const chains = new Map<string, string[]>();
    for (const jump of [...JUMPS, ...KUBELET_JUMPS].filter((each) => each.table === table)) {
      const check = `*${table}\n-C ${jump.parent} ${jump.rule}\nCOMMIT\n`;
      const { exitCode } = await this.#run(family, '-restore', ['--noflush', ...WAIT], check);
      // Ours stand on top, so that what cannot be understood is not met before them.
      if (exitCode !== 0) continue;
      chains.set(jump.parent, [...(chains.get(jump.parent) ?? []), jump.rule]);
    }
    return chains;
  }

  async #run(
    family: IpFamily,
    tool: '' | '-restore' | '-save',
    args: readonly string[],
    input?: string,
  ): Promise<ProgramResult> {
    const variant = await this.variant();
    const run = (): Promise<ProgramResult> =>
      this.#seams.run(programOf(variant, family, tool), args, input);
    if (variant.name === 'nft') return run();
    // One after another: there is one lock for both families, and waiting for ourselves may take too long.
    const result = this.#lastRun.then(run, run);
    this.#lastRun = result;
    return result;
  }
}

// --- internal ---

/** What it exits with when another program holds the lock, or the like: that says nothing about a chain. */
const LOCKED = 4;

/**
 * How much longer than its answer took a table is left alone. The legacy variant reads a table whole,
 * also for one chain: `nat` of 10,000 Services takes it more than half a second, under its lock.
 */
const REST = 50;

/** In seconds. The nft variant needs no lock, and ignores it. */
const WAIT = ['-w', '5'];

function errorOf(what: string, complaint: IptablesComplaint, line?: RestoreLine): KernelError {
  const place = line === undefined ? '' : ` (${line.text.slice(0, 160)})`;
  return new KernelError(complaint.code, `${what}: ${complaint.message}${place}`, {
    changes: changesAt(line),
  });
}

/** The change to blame, narrowed down to the rule. A whole table's COMMIT blames nobody. */
function changesAt(line: RestoreLine | undefined): KernelError['changes'] {
  if (line?.change === undefined) return [];
  const { change, rule } = line;
  if (rule === undefined || change.after === undefined) return [change];
  return [{ ...change, after: { ...change.after, value: rule } }];
}

/** Remembers what was found out; a failure is not remembered. */
function onceDone<T>(find: () => Promise<T>): () => Promise<T> {
  let found: Promise<T> | undefined;
  return () => {
    found ??= find().catch((error: unknown) => {
      found = undefined;
      throw error;
    });
    return found;
  };
}
