/**
 * The configuration on the command line: kube-proxy's flags on a commander command, and what was
 * given of them.
 */
import { Option, type Command } from 'commander';
import {
  IGNORED_FLAGS,
  MASTER_FLAG,
  ONE_SHOT_FLAGS,
  SETTING_FLAGS,
  type FlagKind,
  type SettingFlag,
} from './flag-table.ts';
import { useWarning } from './use.ts';

/** What commander's `command.opts()` returns; flags that are not the configuration's do no harm. */
export type FlagValues = Readonly<Record<string, unknown>>;

/** A flag of the configuration as it was given. */
export interface GivenFlag {
  readonly flag: SettingFlag;
  /** As a configuration file would have it; where it does not fit the kind, the text itself. */
  readonly value: unknown;
}

/** The one thing that `run` does in place of running. */
export type OneShot =
  | { readonly kind: 'write-config'; readonly file: string }
  | { readonly kind: 'cleanup' }
  | { readonly kind: 'init-only' };

/** Adds the configuration's flags to a command. */
export function addConfigFlags(command: Command): Command {
  command.option('--config <file>', 'read the configuration from a KubeProxyConfiguration file');
  command.addOption(optionOf(MASTER_FLAG.syntax, MASTER_FLAG.help));
  for (const flag of SETTING_FLAGS) command.addOption(optionOf(flag.syntax, flag.help, flag.kind));
  for (const { syntax } of IGNORED_FLAGS) command.addOption(optionOf(syntax).hideHelp());
  return command;
}

/** Adds the flags for one task each. */
export function addOneShotFlags(command: Command): Command {
  for (const { syntax, help } of Object.values(ONE_SHOT_FLAGS)) {
    command.addOption(optionOf(syntax, help));
  }
  return command;
}

/** The path after `--config`; `undefined` when there is none. */
export function configFileOf(values: FlagValues): string | undefined {
  return textOf(values, '--config <file>');
}

/** The address after `--master`; empty when there is none. */
export function masterOf(values: FlagValues): string {
  return textOf(values, MASTER_FLAG.syntax) ?? '';
}

/** The flags that set a field, in the table's order. */
export function settingFlagsOf(values: FlagValues): GivenFlag[] {
  return SETTING_FLAGS.flatMap((flag) => {
    const text = textOf(values, flag.syntax);
    if (text === undefined || isWithoutEffect(flag, text)) return [];
    return [{ flag, value: valueOf(flag.kind, text) }];
  });
}

/** A warning for each flag that has no effect here. */
export function ignoredFlagWarnings(values: FlagValues): string[] {
  const ignored = IGNORED_FLAGS.filter(({ syntax }) => textOf(values, syntax) !== undefined);
  const idle = SETTING_FLAGS.filter((flag) => {
    const text = textOf(values, flag.syntax);
    return text !== undefined && isWithoutEffect(flag, text);
  });
  return [
    ...ignored.flatMap((flag) => useWarning(nameOf(flag), flag.reason) ?? []),
    ...idle.map((flag) => `${nameOf(flag)} has an effect only as 0: ${flag.help}`),
  ];
}

/** What the command line asks for in place of running, if anything; of several the first, as in kube-proxy. */
export function oneShotOf(values: FlagValues): OneShot | undefined {
  const file = textOf(values, ONE_SHOT_FLAGS.writeConfigTo.syntax);
  if (file !== undefined) return { kind: 'write-config', file };
  if (isSet(values, ONE_SHOT_FLAGS.cleanup.syntax)) return { kind: 'cleanup' };
  return isSet(values, ONE_SHOT_FLAGS.initOnly.syntax) ? { kind: 'init-only' } : undefined;
}

/** A flag's long name, with its dashes. */
export function nameOf(flag: { readonly syntax: string }): string {
  return new Option(flag.syntax).long ?? flag.syntax;
}

// --- internal ---

function optionOf(syntax: string, help = '', kind?: FlagKind): Option {
  const option = new Option(syntax, help);
  if (kind === 'list') {
    option.argParser((given: string, before: string | undefined) =>
      before === undefined ? given : `${before},${given}`,
    );
  }
  // `-v=2` is how DaemonSets write it; after a short name commander leaves the "=" to the value.
  if (option.short !== undefined) option.argParser((given: string) => given.replace(/^=/, ''));
  return option;
}

/** The text of a flag. An empty one, as a template leaves behind, counts as not given. */
function textOf(values: FlagValues, syntax: string): string | undefined {
  const value = values[new Option(syntax).attributeName()];
  // A flag that may stand alone is `true` then.
  if (value === true) return 'true';
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** Whether a flag was given, and not as false. */
function isSet(values: FlagValues, syntax: string): boolean {
  const text = textOf(values, syntax);
  return text !== undefined && valueOf('boolean', text) !== false;
}

function isWithoutEffect({ kind }: SettingFlag, text: string): boolean {
  return kind === 'off' && text !== '0';
}

function valueOf(kind: FlagKind, text: string): unknown {
  switch (kind) {
    case 'text':
      return text;
    case 'off':
      return '';
    case 'list':
      return text.split(',').map((entry) => entry.trim());
    case 'integer':
      return /^[+-]?[0-9]+$/.test(text) ? Number(text) : text;
    case 'boolean':
      return BOOLEANS.get(text) ?? text;
  }
}

/** Go's ways to write a boolean. */
const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ...['1', 't', 'T', 'true', 'True', 'TRUE'].map((text) => [text, true] as const),
  ...['0', 'f', 'F', 'false', 'False', 'FALSE'].map((text) => [text, false] as const),
]);
