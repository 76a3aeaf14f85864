/** A transaction for people: which rules come and go, Service by Service. */
import type { ElementChange } from '../diff/element.ts';
import type { ReportSection } from '../report.ts';
import type { ServicePort } from '../services/types.ts';
import { jumpsOf, JUMPS } from './jumps.ts';
import { CHAIN_PREFIXES, endpointChain, serviceChain, TABLES } from './names.ts';
import { changesOf, type ChainTransaction } from './transaction.ts';

/** The heading of what belongs to no Service. */
export const SHARED_SECTION = 'shared';

/**
 * Sorts the rules that come and go under the service ports they belong to. `ports` are those that are
 * wanted; one that goes is known by its comments.
 */
export function reportChanges(
  transaction: ChainTransaction,
  ports: readonly ServicePort[],
): ReportSection[] {
  const owners = ownersOf(ports);
  const sections = new Map<string, string[]>();
  for (const change of changesOf(transaction)) {
    for (const [sign, line, rule] of linesOf(change)) {
      const title = owners.get(change.key) ?? displayNameIn(rule) ?? SHARED_SECTION;
      sections.set(title, [...(sections.get(title) ?? []), `${sign} ${line}`]);
    }
  }
  return [...sections]
    .map(([title, lines]) => ({ title, lines }))
    .sort((a, b) => rank(a) - rank(b) || (a.title < b.title ? -1 : 1));
}

// --- internal ---

/** Which service port each chain belongs to. */
function ownersOf(ports: readonly ServicePort[]): Map<string, string> {
  const owners = new Map<string, string>();
  for (const port of ports) {
    for (const prefix of CHAIN_PREFIXES) {
      if (prefix !== 'KUBE-SEP-') owners.set(serviceChain(prefix, port), port.displayName);
    }
    for (const endpoint of port.affinitySeconds === undefined ? [] : port.endpoints.all) {
      owners.set(endpointChain(port, endpoint), port.displayName);
    }
  }
  return owners;
}

/** Sign, text and rule of everything that a change is about. */
function linesOf({ collection, key, before, after }: ElementChange): [string, string, string][] {
  const sign = after === undefined ? '-' : '+';
  if (isJumps(collection)) return [[sign, `${tableOf(collection)} ${key}`, '']];
  const [old, now] = [rulesOf(before?.value), rulesOf(after?.value)];
  const line = (rule: string): string => `${collection} ${key} ${rule}`;
  const gone = old.filter((rule) => !now.includes(rule));
  const come = now.filter((rule) => !old.includes(rule));
  if (gone.length + come.length > 0) {
    return [
      ...gone.map((rule): [string, string, string] => ['-', line(rule), rule]),
      ...come.map((rule): [string, string, string] => ['+', line(rule), rule]),
    ];
  }
  if (before === undefined || after === undefined) return [[sign, `${collection} ${key}`, '']];
  return [['~', `${collection} ${key}, in another order`, now[0] ?? '']];
}

/** Without probabilities: all of them change with the number of endpoints, and say nothing else. */
function rulesOf(value = ''): string[] {
  const text = value.replaceAll(/ -m statistic --mode random --probability [\d.]+/g, '');
  return text === '' ? [] : text.split('\n');
}

/** `default/web:http` in a rule's comment. */
function displayNameIn(rule: string): string | undefined {
  return /--comment "[^"]*?([a-z0-9.-]+\/[a-z0-9.-]+(?::[a-z0-9.-]+)?)[ "]/.exec(rule)?.[1];
}

function isJumps(collection: string): boolean {
  return JUMPS.some(({ table }) => jumpsOf(table) === collection);
}

function tableOf(collection: string): string {
  return TABLES.find((table) => jumpsOf(table) === collection) ?? collection;
}

function rank({ title }: ReportSection): number {
  return title === SHARED_SECTION ? 0 : 1;
}
