/**
 * Follows the configuration file of a running agent. A changed file is in force at once, or ends the
 * agent so that it starts with it; one that cannot be used changes nothing.
 */
import { statSync } from 'node:fs';
import { ChangeTrigger, SYSTEM_SEAMS, type TriggerSeams } from '../cluster/change-trigger.ts';
import { DEFAULT_TIMING } from '../cluster/manifest-source.ts';
import type { Logger } from '../log.ts';
import type { AgentConfig } from './agent-config.ts';
import { configChange } from './config-change.ts';
import { ConfigError } from './config-error.ts';
import type { LoadedConfig } from './load.ts';

/** What is followed, and what is done about it. */
export interface ConfigFollowerOptions {
  /** The path of the file; anything but a file of its own, such as a pipe, is not followed. */
  readonly file: string;
  /** Reads the file, flags that win over it included. Throws a ConfigError. */
  readonly load: () => LoadedConfig;
  /** What is in force. */
  readonly initial: LoadedConfig;
  readonly log: Logger;
  /** This is in force from now on. */
  readonly apply: (config: AgentConfig) => void;
  /** The agent has to end and be started again. */
  readonly restart: () => void;
  /** How a changed file fared. */
  readonly reloaded: (result: ReloadResult) => void;
}

/** A changed file is in force, or it cannot be used and the configuration before stays in force. */
export type ReloadResult = 'applied' | 'refused';

/** Follows the file until the signal aborts. */
export async function followConfig(
  options: ConfigFollowerOptions,
  signal: AbortSignal,
): Promise<void> {
  await followConfigWith(options, signal, SYSTEM_SEAMS);
}

/** The same over given timers and watches. */
export async function followConfigWith(
  options: ConfigFollowerOptions,
  signal: AbortSignal,
  seams: TriggerSeams,
): Promise<void> {
  if (signal.aborted || !isFile(options.file)) return;
  const trigger = new ChangeTrigger(options.file, DEFAULT_TIMING, seams);
  const close = (): void => {
    trigger.close();
  };
  signal.addEventListener('abort', close, { once: true });
  const follower = new Follower(options);
  while (!isAborted(signal)) {
    // Watches first: what changes while the file is read is then reported afterwards.
    trigger.arm();
    follower.look();
    await trigger.next();
  }
}

// --- internal ---

class Follower {
  readonly #options: ConfigFollowerOptions;
  #inForce: LoadedConfig;
  /** Why the file as it is now cannot be used: said once. */
  #refusal = '';

  constructor(options: ConfigFollowerOptions) {
    this.#options = options;
    this.#inForce = options.initial;
  }

  look(): void {
    try {
      const loaded = this.#options.load();
      this.#refusal = '';
      this.#take(loaded);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      this.#refuse(error);
    }
  }

  #take(loaded: LoadedConfig): void {
    const { log, apply, restart, reloaded } = this.#options;
    const change = configChange(this.#inForce.config.file, loaded.config.file);
    if (change === undefined) return;
    for (const warning of loaded.warnings) {
      if (!this.#inForce.warnings.includes(warning)) log.warn(warning);
    }
    this.#inForce = loaded;
    const { toApply, toRestart, unused } = change;
    if (toRestart.length > 0) {
      log.info(
        { fields: toRestart.join() },
        'the configuration changed: ending, to be started again with it',
      );
      restart();
      return;
    }
    apply(loaded.config);
    reloaded('applied');
    log.info({ fields: [...toApply, ...unused].join() }, 'the changed configuration is in force');
  }

  #refuse({ message, problems }: ConfigError): void {
    if (message === this.#refusal) return;
    this.#refusal = message;
    const { log, reloaded } = this.#options;
    for (const problem of problems) {
      log.error({ problem }, 'the changed configuration is refused: the one before stays in force');
    }
    reloaded('refused');
  }
}

function isFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** A function, since TypeScript does not expect the signal to change while the loop waits. */
function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}
