/**
 * Where a configuration comes from: a file, or flags put into the form of a file. Both then go
 * through the same schema.
 */
import { ConfigError } from './config-error.ts';
import { parseConfigDocument, type Path } from './document.ts';
import { fieldWarnings } from './fields.ts';
import { nameOf, type GivenFlag } from './flags.ts';
import { SETTING_FLAGS, type SettingFlag } from './flag-table.ts';
import { formatPath, stepsOf, withValueAt } from './paths.ts';
import { schemaProblems } from './problems.ts';
import {
  FILE_HEADER,
  fileSchema,
  flagsSchema,
  headerSchema,
  type KubeProxyConfiguration,
} from './schema.ts';

/** A configuration before it is checked. */
export interface Source {
  /** In the form of a file. */
  readonly data: unknown;
  readonly schema: typeof fileSchema;
  /** What was found wrong before the schema has seen it. */
  readonly problems: readonly string[];
  /** The place of a value, for people: a flag, or file, line and path. */
  readonly placeOf: (path: Path) => string;
  /** What was given without effect. */
  readonly warningsOf: (config: KubeProxyConfiguration) => readonly string[];
}

/** The configuration that flags make. */
export function flagSource(given: readonly GivenFlag[]): Source {
  return {
    data: withFlags(FILE_HEADER, given),
    schema: flagsSchema,
    problems: [],
    placeOf: (path) => flagFor(SETTING_FLAGS, path) ?? formatPath(path),
    warningsOf: () => [],
  };
}

/**
 * The configuration in a file, with the few flags that win over one. Throws a ConfigError when the
 * file cannot be read, or is another kind of file.
 */
export function fileSource(
  file: string,
  readFile: (file: string) => string,
  given: readonly GivenFlag[],
): Source {
  const document = parseConfigDocument(readOrRefuse(file, readFile));
  if (document.kind === 'invalid') {
    throw new ConfigError(
      document.problems.map(({ line, message }) => `${placeIn(file, line, [])}: ${message}`),
    );
  }
  const winners = given.filter(({ flag }) => flag.winsOverFile);
  const losers = given.filter(({ flag }) => !flag.winsOverFile);
  const winningFlags = winners.map(({ flag }) => flag);
  const placeOf = (path: Path) =>
    flagFor(winningFlags, path) ?? placeIn(file, document.lineOf(path), path);

  // A file of another kind has other fields: there is no use in refusing each of them.
  const header = headerSchema.safeParse(document.data, { reportInput: true });
  if (!header.success) throw new ConfigError(schemaProblems(header.error, placeOf));
  return {
    data: withFlags(document.data, winners),
    schema: fileSchema,
    problems: document.duplicates.map(
      ({ path, line }) => `${placeIn(file, line, path)}: is set a second time; keep one`,
    ),
    placeOf,
    warningsOf: (config) => [
      ...losers.map(
        ({ flag }) =>
          `${nameOf(flag)} is ignored because --config is given: set ${flag.fields[0]} in the file`,
      ),
      ...fieldWarnings(config, placeOf),
    ],
  };
}

// --- internal ---

function withFlags(data: unknown, given: readonly GivenFlag[]): unknown {
  return given.reduce(
    (before, { flag, value }) =>
      flag.fields.reduce((tree, dotted) => withValueAt(tree, stepsOf(dotted), value), before),
    data,
  );
}

/** The flag that sets the field, by name. */
function flagFor(flags: readonly SettingFlag[], path: Path): string | undefined {
  const dotted = path.filter((step) => typeof step === 'string').join('.');
  const flag = flags.find(({ fields }) => fields.includes(dotted));
  return flag && nameOf(flag);
}

function placeIn(file: string, line: number | undefined, path: Path): string {
  const place = line === undefined ? file : `${file}:${line}`;
  return path.length === 0 ? place : `${place}: ${formatPath(path)}`;
}

function readOrRefuse(file: string, readFile: (file: string) => string): string {
  try {
    return readFile(file);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ConfigError([`cannot read the configuration file ${file}: ${reason}`], {
      cause: error,
    });
  }
}
