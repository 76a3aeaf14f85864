/** The packet cases: who connects to what, and who has to answer. Pure. */
import {
  IP_FAMILIES,
  familyOf,
  joinHostPort,
  parseIp,
  type Ip,
  type IpFamily,
} from '../../rules/ip.ts';

/** The pods that connect, with the port at which they take orders. */
export const CLIENTS = { 'pod-client': 8080, 'node-client': 18080 } as const;

/** A pod that connects. */
export type Client = keyof typeof CLIENTS;

/** What the cases are made of, as it is in the cluster. */
export interface Facts {
  /** Names of the pods behind the Service `web`. */
  readonly webPods: readonly string[];
  /** Both families each. */
  readonly webIPs: readonly Ip[];
  readonly nobodyIPs: readonly Ip[];
  readonly nodeIPs: readonly Ip[];
}

/** One case. */
export interface Case {
  readonly name: string;
  readonly from: Client;
  /** HTTP over TCP, or UDP: what agnhost can ask for. */
  readonly protocol: 'http' | 'udp';
  readonly ip: Ip;
  readonly port: number;
  /** Who has to answer, all of them; nobody when it has to be refused. */
  readonly answeredBy: readonly string[];
}

/** What a client reports of its attempts. */
export interface DialReport {
  readonly responses: readonly string[];
  readonly errors: readonly string[];
}

/** Every case, in both families. */
export function casesFor(facts: Facts): Case[] {
  const clients = Object.keys(CLIENTS) as Client[];
  return clients.flatMap((from) => IP_FAMILIES.flatMap((family) => casesFrom(from, family, facts)));
}

/** The address that a client is asked at, to make `tries` connections. */
export function dialUrl({ from, protocol, ip, port }: Case, tries: number): string {
  const query = new URLSearchParams({
    request: 'hostname',
    protocol,
    // agnhost puts host and port together itself, with brackets for IPv6.
    host: ip,
    port: String(port),
    tries: String(tries),
  });
  return `http://localhost:${CLIENTS[from]}/dial?${query.toString()}`;
}

/** What a client answered. Throws for anything but a report. */
export function parseDialReport(text: string): DialReport {
  const report = JSON.parse(text) as Partial<DialReport> | null;
  if (report === null || (report.responses === undefined && report.errors === undefined)) {
    throw new TypeError(`a dial report was wanted, with responses or errors; it was ${text}`);
  }
  return { responses: report.responses ?? [], errors: report.errors ?? [] };
}

/** What is wrong with a report; `undefined` when the case is as it should be. */
export function verdictOn({ answeredBy }: Case, report: DialReport): string | undefined {
  if (answeredBy.length === 0) {
    if (report.responses.length > 0) return `answered by ${report.responses.join(', ')}`;
    const others = report.errors.filter((error) => !error.includes('connection refused'));
    return others.length === 0 ? undefined : `not refused: ${others.join('; ')}`;
  }
  if (report.errors.length > 0) return report.errors.join('; ');
  const answered = new Set(report.responses);
  const missing = answeredBy.filter((name) => !answered.has(name));
  const strange = [...answered].filter((name) => !answeredBy.includes(name));
  if (missing.length === 0 && strange.length === 0) return undefined;
  return `answered by ${[...answered].join(', ')}; wanted ${answeredBy.join(', ')}`;
}

/** The addresses in a list of a family; what is none is left out. */
export function parseIps(texts: readonly string[]): Ip[] {
  return texts.flatMap((text) => parseIp(text) ?? []);
}

// --- internal ---

function casesFrom(from: Client, family: IpFamily, facts: Facts): Case[] {
  const inFamily = (ips: readonly Ip[]): Ip[] => ips.filter((ip) => familyOf(ip) === family);
  const row = (
    protocol: Case['protocol'],
    ip: Ip,
    port: number,
    answeredBy: readonly string[],
  ): Case => ({
    name: `${from} to ${joinHostPort(ip, port)} by ${protocol}`,
    from,
    protocol,
    ip,
    port,
    answeredBy,
  });
  return [
    ...inFamily(facts.webIPs).flatMap((ip) => [
      row('http', ip, 80, facts.webPods),
      row('udp', ip, 81, facts.webPods),
    ]),
    ...inFamily(facts.nodeIPs).flatMap((ip) => [
      row('http', ip, 30080, facts.webPods),
      row('udp', ip, 30081, facts.webPods),
      row('http', ip, 30090, []),
    ]),
    ...inFamily(facts.nobodyIPs).map((ip) => row('http', ip, 80, [])),
    // A port that the Service does not have.
    ...inFamily(facts.webIPs).map((ip) => row('http', ip, 82, [])),
  ];
}
