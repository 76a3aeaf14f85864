/** Commands: what a ruleset is made of on the way in, and a listing on the way out. */
import type { OneOf } from './one-of.ts';
import type { Elements, NftObject, Rule } from './object.ts';
import type { Family, MemberKind, Plural } from './words.ts';

/** The whole of a JSON document for nft, or from it. */
export interface Ruleset {
  readonly nftables: readonly Command[];
}

/** One command. A bare object is what `list` prints; given to nft it means `add`. */
export type Command = OneOf<CommandBodies> | NftObject;

/** What stands under each verb. */
export interface CommandBodies {
  readonly add: NftObject;
  readonly create: NftObject;
  readonly insert: { readonly rule: Rule };
  readonly replace: { readonly rule: Rule & { readonly handle: number } };
  readonly delete: ObjectReference;
  /** `delete` that does not mind when there is nothing; since nft 1.0.7 and Linux 6.3. */
  readonly destroy: ObjectReference;
  readonly flush: Flushable;
  readonly list: Listable;
  readonly reset: Resettable;
  readonly rename: { readonly chain: ChainRename };
  /** Heads every listing. */
  readonly metainfo: Metainfo;
  /** A command or object this module does not know, kept as it came. It has no text. */
  readonly unknown: unknown;
}

/** A table. */
export interface TableByName {
  readonly family: Family;
  readonly name: string;
}

/** A table, by the kernel's number for it. */
export interface TableByHandle {
  readonly family: Family;
  readonly handle: number;
}

/** Something inside a table, by its name. */
export interface ByName extends TableByName {
  readonly table: string;
}

/** Something inside a table, by the kernel's number for it. */
export interface ByHandle extends TableByHandle {
  readonly table: string;
}

/** A rule: it has no name, only a handle. */
export interface RuleReference {
  readonly family: Family;
  readonly table: string;
  readonly chain: string;
  readonly handle: number;
}

/** A chain and what it is to be called. */
export interface ChainRename extends ByName {
  readonly newname: string;
}

/** What a command about many objects may be narrowed to; `null` is everything. */
export interface Scope {
  readonly family?: Family;
  /** Needs `family`. */
  readonly table?: string;
}

/** What `delete` and `destroy` take. */
export type ObjectReference = OneOf<ReferenceBodies>;
/** What stands under each kind of object there. */
export interface ReferenceBodies extends Readonly<Record<MemberKind, ByName | ByHandle>> {
  readonly table: TableByName | TableByHandle;
  readonly rule: RuleReference;
  readonly element: Elements;
}

/** What `flush` takes: what holds rules or elements. */
export type Flushable = OneOf<FlushBodies>;
/** What stands under each kind there. */
export interface FlushBodies {
  readonly ruleset: Scope | null;
  readonly table: TableByName;
  readonly chain: ByName;
  readonly set: ByName;
  readonly map: ByName;
  readonly meter: ByName;
}

/** What `list` takes. */
export type Listable = OneOf<ListBodies>;
/** What stands under each kind there. */
export interface ListBodies
  extends Readonly<Record<MemberKind, ByName>>, Readonly<Record<Plural, Scope | null>> {
  readonly table: TableByName;
  readonly meter: ByName;
}

/** Counters and quotas in every nft; rules since 1.0.7, sets, maps and elements since 1.0.8. */
export type Resettable = OneOf<ResetBodies>;
/** What stands under each kind there. */
export interface ResetBodies {
  readonly counter: ByName;
  readonly counters: Scope | null;
  readonly quota: ByName;
  readonly quotas: Scope | null;
  readonly rule: RuleReference;
  readonly rules: Scope | null;
  readonly set: ByName;
  readonly map: ByName;
  readonly element: Elements;
}

/** Which nft wrote the listing. */
export interface Metainfo {
  readonly version: string;
  readonly release_name: string;
  readonly json_schema_version: number;
}
