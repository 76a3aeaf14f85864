/** Typed libnftables JSON: write it, turn it into nft text, read what nft prints. */
export * from './build.ts';
export type * from './command.ts';
export { NftJsonError } from './error.ts';
export type * from './expression.ts';
export type * from './object.ts';
export type { OneOf } from './one-of.ts';
export { parseRuleset } from './parse/command.ts';
export type * from './selector.ts';
export type * from './state.ts';
export type * from './statement.ts';
export { renderCommand, renderRuleset } from './text/command.ts';
export type * from './words.ts';
