/**
 * The smallest parts of nft text. Everything that comes from outside passes through one of these
 * on its way into a command, and each lets through only what nft reads as a single token: so
 * nothing can end a command, open a block or begin another statement.
 */
import { NftJsonError, shown } from '../error.ts';

/** The name of a table, chain, set or other object. */
export function identifier(name: string): string {
  if (!IDENTIFIER.test(name) || name.length > MAX_NAME_LENGTH) {
    throw new NftJsonError(
      `a name must begin with a letter or _, go on with letters, digits, "/", ".", "_" or "-", and ` +
        `have at most ${MAX_NAME_LENGTH} characters; got ${shown(name)}`,
    );
  }
  return name;
}

/** `@name`, checked: a reference to a set, map or flowtable. */
export function reference(text: string): string {
  if (!text.startsWith('@')) {
    throw new NftJsonError(`a reference must be "@" and a name, got ${shown(text)}`);
  }
  return `@${identifier(text.slice(1))}`;
}

/** Text in double quotes; nft knows no escapes inside them. */
export function quoted(text: string, maxBytes = Infinity): string {
  if (text === '' || UNQUOTABLE.test(text) || isLonger(text, maxBytes)) {
    const limit = maxBytes === Infinity ? '' : ` and have at most ${maxBytes} bytes`;
    throw new NftJsonError(
      `quoted text must not be empty, must not hold '"' or control characters${limit}; got ${shown(text)}`,
    );
  }
  return `"${text}"`;
}

/** A comment, in quotes. */
export function comment(text: string): string {
  return `comment ${quoted(text, MAX_COMMENT_BYTES)}`;
}

/** The name of a network device, in quotes; `*` at the end stands for any rest. */
export function deviceName(name: string): string {
  if (name === '*' || name.includes('/') || /\s/.test(name)) {
    throw new NftJsonError(
      `a device name must not be "*" or hold "/" or spaces, got ${shown(name)}`,
    );
  }
  return quoted(name, MAX_DEVICE_BYTES);
}

/**
 * A value. Numbers, addresses and a few well-known words stand bare; anything else is quoted, which
 * nft reads as the same value but never as a keyword.
 */
export function value(text: string): string {
  return BARE_VALUE.test(text) || BARE_WORDS.has(text) ? text : quoted(text);
}

/** A word that nft must find bare: a protocol, field, datatype, state, ICMP code. */
export function word(text: string): string {
  if (!WORD.test(text)) {
    throw new NftJsonError(
      `expected a word of letters, digits, "-" and "_" that begins with a letter, got ${shown(text)}`,
    );
  }
  return text;
}

/** A word, or words, of a closed vocabulary. */
export function oneOf<Word extends string>(vocabulary: readonly Word[], text: Word): Word {
  if (!vocabulary.includes(text)) {
    throw new NftJsonError(`expected one of ${vocabulary.join(', ')}; got ${shown(text)}`);
  }
  return text;
}

/** Words of a closed vocabulary, as nft lists flags. */
export function flags<Word extends string>(
  vocabulary: readonly Word[],
  words: readonly Word[],
): string {
  return words.map((text) => oneOf(vocabulary, text)).join(',');
}

/** A whole number. */
export function integer(number: number): string {
  if (!Number.isSafeInteger(number)) {
    throw new NftJsonError(`expected a whole number within ±2^53, got ${shown(number)}`);
  }
  return number.toString();
}

/** A whole number that is not negative: every one but a priority. */
export function natural(number: number): string {
  if (number < 0) throw new NftJsonError(`expected 0 or more, got ${shown(number)}`);
  return integer(number);
}

/** A number that stands for bits: in hex, as people write masks. */
export function mask(bits: number): string {
  const text = natural(bits);
  return bits < 10 ? text : `0x${bits.toString(16)}`;
}

// --- internal ---

/**
 * What nft 1.0.6 reads as a name wherever one may stand. Its manual allows backslashes, but its
 * scanner does not, and takes one at the end of a line as "the line goes on". Names that are nft
 * keywords pass here, and nft refuses them: the list differs from version to version.
 */
const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_./-]*$/;
/** NFT_NAME_MAXLEN is 256 with the NUL. */
const MAX_NAME_LENGTH = 255;

const UNQUOTABLE = /["\p{Cc}]/u;
/** NFTNL_UDATA_COMMENT_MAXLEN; the same for every object. */
const MAX_COMMENT_BYTES = 128;
/** IFNAMSIZ is 16 with the NUL; nft counts the `*` too. */
const MAX_DEVICE_BYTES = 15;

const WORD = /^[A-Za-z][A-Za-z0-9_-]*$/;

const HEX_GROUP = '[0-9a-f]{1,4}';
const HEX_GROUPS = `${HEX_GROUP}(?::${HEX_GROUP})*`;
/**
 * Exactly what nft's scanner takes as one token. `80.1` would be two numbers and a dot, `1:2` a
 * key and a value: such text is quoted.
 */
const BARE_VALUE = new RegExp(
  `^(?:${[
    '[0-9]+',
    '0x[0-9a-f]+',
    '[0-9]{1,3}(?:\\.[0-9]{1,3}){3}',
    `(?:${HEX_GROUP}:){7}${HEX_GROUP}`,
    // Compressed IPv6: at most seven colons, one pair of them adjacent.
    `(?!(?:[^:]*:){8})(?:${HEX_GROUPS})?::(?:${HEX_GROUPS})?`,
    '(?:[0-9a-f]{2}:){5}[0-9a-f]{2}',
  ].join('|')})$`,
  'i',
);

/**
 * Words that every nft takes bare as values: they would read badly in quotes. (A device called `tcp`
 * has to be compared by name, not looked up in a set: there nft would take it for the protocol.)
 */
const BARE_WORDS: ReadonlySet<string> = new Set([
  'tcp',
  'udp',
  'sctp',
  'icmp',
  'icmpv6',
  'new',
  'established',
  'related',
  'invalid',
  'untracked',
  'dnat',
  'snat',
  'local',
  'syn',
  'ack',
  'fin',
  'rst',
]);

const UTF8 = new TextEncoder();

/** Whether the text has more bytes in UTF-8, which spends at most three on a UTF-16 unit. */
function isLonger(text: string, maxBytes: number): boolean {
  return text.length * 3 > maxBytes && UTF8.encode(text).length > maxBytes;
}
