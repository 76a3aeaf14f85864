/**
 * A transaction for people: what changes, Service by Service, in the words of Services.
 */
import type { Element, ElementChange } from '../diff/element.ts';
import { joinHostPort, type Ip } from '../ip.ts';
import type { ReportSection } from '../report.ts';
import type { ServicePort } from '../services/types.ts';
import { frontendSlotOf } from './endpoint-maps.ts';
import { LOCAL_SLOTS, type Collection } from './names.ts';
import type { TableStep, Transaction } from './transaction.ts';

/** The heading of what belongs to no Service. */
export const TABLE_SECTION = 'table';

/**
 * Sorts a transaction's changes under the service ports they belong to. `frontends` are those that
 * are wanted, by their key in the table; one that goes is known by its element's comment.
 */
export function reportChanges(
  transaction: Transaction,
  frontends: ReadonlyMap<string, ServicePort>,
): ReportSection[] {
  const titles = titlesOf(transaction.changes, frontends);
  const sections = new Map<string, string[]>();
  const add = (title: string, line: string): void => {
    const lines = sections.get(title);
    if (lines === undefined) sections.set(title, [line]);
    else lines.push(line);
  };
  for (const line of tableLines(transaction)) add(TABLE_SECTION, line);
  for (const change of transaction.changes) {
    const line = lineOf(change);
    add(titles.get(frontendOf(change)) ?? TABLE_SECTION, line);
  }
  return [...sections]
    .map(([title, lines]) => ({ title, lines }))
    .sort((a, b) => rank(a.title) - rank(b.title) || (a.title < b.title ? -1 : 1));
}

/** One element of a set or map in the same words: `10.96.0.10:80/TCP -> tcp-endpoints-3`. */
export function describeElement(element: Element): string {
  const { collection, key } = element;
  return lineOf({ collection, key, before: undefined, after: element }).slice('+ '.length);
}

// --- internal ---

const TABLE_LINES: Readonly<Record<TableStep, readonly string[]>> = {
  create: ['+ table with its maps, base chains and fixed rules'],
  replace: ['~ table of an unknown shape, replaced as a whole'],
  refill: ['~ fixed rules, made from other settings'],
  keep: [],
};

function tableLines({ table, newChains, garbage }: Transaction): string[] {
  return [
    ...TABLE_LINES[table],
    ...newChains.map((name) => `+ chain ${name}`),
    ...garbage.map((name) => `- chain ${name}`),
  ];
}

/** Whose each frontend is: the wanted owner's, or that of whom the element's comment names. */
function titlesOf(
  changes: readonly ElementChange[],
  frontends: ReadonlyMap<string, ServicePort>,
): Map<string, string> {
  const titles = new Map<string, string>();
  for (const change of changes) {
    const comment = (change.before ?? change.after)?.comment ?? '';
    if (comment !== '') titles.set(frontendOf(change), comment);
  }
  for (const [frontend, { displayName, clusterIP }] of frontends) {
    titles.set(frontend, displayName);
    titles.set(clusterIP, displayName);
  }
  return titles;
}

/** The frontend that a change is about; the key itself where it is not about one. */
function frontendOf({ collection, key }: ElementChange): string {
  if (collection === 'source-ranges') return key.slice(0, key.lastIndexOf(' . '));
  return frontendSlotOf(collection, key)?.frontend ?? key;
}

function lineOf(change: ElementChange): string {
  const { collection, before, after } = change;
  const sign = before === undefined ? '+' : after === undefined ? '-' : '~';
  switch (collection as Collection) {
    case 'tcp-endpoints':
    case 'udp-endpoints':
    case 'sctp-endpoints':
    case 'tcp-nodeport-endpoints':
    case 'udp-nodeport-endpoints':
    case 'sctp-nodeport-endpoints':
      return `${sign} endpoint ${transition(change, hostPort)} (${slotText(change)})`;
    case 'service-ips':
    case 'service-nodeports':
      return `${sign} ${address(change.key)} ${destination(change)}`;
    case 'cluster-policy-ips':
    case 'cluster-policy-nodeports':
      return `${sign} ${address(change.key)} by Cluster policy ${destination(change)}`;
    case 'local-policy-ips':
    case 'local-policy-nodeports':
      return `${sign} ${address(change.key)} by Local policy ${destination(change)}`;
    case 'no-endpoint-services':
    case 'no-endpoint-nodeports':
      return `${sign} ${address(change.key)} ${transition(change, refusal)}`;
    case 'firewalled-ips':
      return `${sign} ${address(change.key)} only from its source ranges`;
    case 'source-ranges':
      return `${sign} source range ${change.key.slice(change.key.lastIndexOf(' . ') + 3)} of ${address(frontendOf(change))}`;
    case 'cluster-ips':
      return `${sign} ClusterIP ${change.key}`;
    case 'listeners':
      return `${sign} listener ${address(change.key)} only by way of a Service`;
    case 'hairpin-connections':
      return `${sign} hairpin ${address(change.key.slice(change.key.indexOf(' . ') + 3))}`;
    case 'nodeport-cidrs':
      return `${sign} node ports at ${change.key}`;
    case 'service-cidrs':
      return `${sign} ServiceCIDR ${change.key}`;
  }
}

function transition({ before, after }: ElementChange, text: (value: string) => string): string {
  if (before === undefined || after === undefined) return text((before ?? after)?.value ?? '');
  const [from, to] = [text(before.value), text(after.value)];
  return from === to ? `${to} (renamed)` : `${from} => ${to}`;
}

function slotText({ collection, key }: ElementChange): string {
  const { frontend, slot } = frontendSlotOf(collection, key) ?? { frontend: key, slot: 0 };
  const place = address(frontend);
  return slot < LOCAL_SLOTS ? `${place} slot ${slot}` : `${place} local slot ${slot - LOCAL_SLOTS}`;
}

/** `10.96.0.10 . tcp . 80` as `10.96.0.10:80/TCP`, `tcp . 30080` as `node port 30080/TCP`. */
function address(frontend: string): string {
  const parts = frontend.split(' . ');
  const [ip = '', protocol = '', port = ''] = parts.length === 2 ? ['', ...parts] : parts;
  const text = ip === '' ? `node port ${port}` : joinHostPort(ip as Ip, Number(port));
  return `${text}/${protocol.toUpperCase()}`;
}

/** `10.244.1.2 . 8080` as `10.244.1.2:8080`. */
function hostPort(value: string): string {
  const [ip = '', port = ''] = value.split(' . ');
  return joinHostPort(ip as Ip, Number(port));
}

/** What becomes of a packet that no endpoint may take, and why. */
function refusal(verdict: string): string {
  return verdict === 'drop' ? 'no endpoints on this node: drop' : 'no endpoints: reject';
}

/** What becomes of a packet: `-> tcp-endpoints-4, was tcp-endpoints-3`, or `drop`. */
function destination({ before, after }: ElementChange): string {
  const now = (after ?? before)?.value.replace(/^goto /, '-> ') ?? '';
  if (before === undefined || after === undefined) return now;
  const was = before.value.replace(/^goto /, '');
  return before.value === after.value ? `${now} (renamed)` : `${now}, was ${was}`;
}

function rank(title: string): number {
  return title === TABLE_SECTION ? 0 : 1;
}
