/** A transport to a model of a kernel, with the faults that a test wishes for. */
import { KernelError, type KernelErrorCode } from '../../../../agent/kernel/kernel-error.ts';
import type { Transport } from '../../../../agent/kernel/transport.ts';
import type { ElementChange } from '../../../../rules/diff/element.ts';
import type { AffinityEdit, AffinityEntry } from '../../../../rules/nftables/affinity.ts';
import { garbageCommands, transactionSteps } from '../../../../rules/nftables/commands.ts';
import type { FoundTable } from '../../../../rules/nftables/planner.ts';
import type { Transaction } from '../../../../rules/nftables/transaction.ts';
import type { Command } from '../../../../rules/nftables-json/index.ts';
import { KernelModel } from '../../../rules/nftables/support/kernel-model.ts';

/** A transport of one family's table. */
export class FakeTransport implements Transport {
  /** What is in the kernel; a test may change it behind the agent's back. */
  kernel = new KernelModel();
  /** Every call, by its method's name. */
  readonly calls: (keyof Transport)[] = [];
  /** The affinity entries that were edited, by call of `apply`. */
  readonly edits: (readonly AffinityEdit[])[] = [];
  entries: readonly AffinityEntry[] = [];
  /** The next calls of a method fail with these codes. */
  readonly failures = new Map<keyof Transport, KernelErrorCode[]>();
  /** Whether the kernel refuses this change. */
  refuses: (change: ElementChange) => boolean = () => false;
  /** Whether it says which change it refuses. */
  namesCulprit = true;
  /** Whether a transaction has to be split, so that what comes before a refused step stays. */
  splits = false;

  readTable(): Promise<FoundTable | undefined> {
    return this.#answer('readTable', () => this.kernel.found());
  }

  readAffinity(): Promise<AffinityEntry[]> {
    return this.#answer('readAffinity', () => [...this.entries]);
  }

  isIntact(_family: unknown, rulesId: string): Promise<boolean> {
    return this.#answer('isIntact', () => this.kernel.found()?.rulesId === rulesId);
  }

  apply(transaction: Transaction, edits: readonly AffinityEdit[]): Promise<void> {
    return this.#answer('apply', () => {
      this.edits.push(edits);
      const steps = [...transactionSteps(transaction, [], 1)];
      const kernel = this.splits ? this.kernel : this.kernel.clone();
      for (const { commands, changes } of steps) {
        const refused = changes.find(this.refuses);
        if (refused !== undefined) throw this.#refusal('rejected', changes);
        this.#run(kernel, commands, changes);
      }
      this.kernel = kernel;
    });
  }

  collect(transaction: Transaction): Promise<void> {
    return this.#answer('collect', () => {
      this.#run(this.kernel, garbageCommands(transaction), []);
    });
  }

  removeTable(): Promise<boolean> {
    return this.#answer('removeTable', () => {
      const wasThere = this.kernel.found() !== undefined;
      this.kernel = new KernelModel();
      return wasThere;
    });
  }

  /** How often a method was called since the last call of this. */
  take(): (keyof Transport)[] {
    return this.calls.splice(0);
  }

  async #answer<T>(method: keyof Transport, answer: () => T): Promise<T> {
    this.calls.push(method);
    const code = this.failures.get(method)?.shift();
    if (code !== undefined) throw new KernelError(code, `${method} failed: ${code}`);
    return Promise.resolve(answer());
  }

  #run(kernel: KernelModel, commands: readonly Command[], changes: readonly ElementChange[]): void {
    try {
      kernel.run(commands);
    } catch (error) {
      throw this.#refusal(
        String(error).includes('exists') ? 'exists' : 'not-found',
        changes,
        error,
      );
    }
  }

  #refusal(code: KernelErrorCode, changes: readonly ElementChange[], cause?: unknown): KernelError {
    return new KernelError(code, `the kernel refused a change: ${code}`, {
      changes: this.namesCulprit ? changes : [],
      cause,
    });
  }
}
