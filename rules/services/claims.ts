/**
 * Who holds which frontend. Nothing stops two Services from asking for the same external IP and
 * port, or manifests for the same ClusterIP or node port: the oldest gets it, and when it goes, the
 * next oldest. Only a ClusterIP comes before any age: otherwise whoever may create a Service could
 * catch another's traffic by naming its ClusterIP as an external IP (CVE-2020-8554). The order in
 * which claims became known does not matter.
 */
import { IP_FAMILIES, joinHostPort, type IpFamily } from '../ip.ts';
import { compareText } from './compare-text.ts';
import { frontendsOf } from './frontends.ts';
import { displayName, serviceKey, servicePortKey } from './keys.ts';
import type { Frontend, Problem, Service, ServiceKey, ServicePortKey } from './types.ts';

/** All claims of all Services, both families. */
export interface Claims {
  /**
   * Replaces the claims of a Service by those of its new version; `undefined` when it did not exist,
   * or does not any more. Answers the Services, itself or others, that gained or lost a frontend.
   */
  replace(before: Service | undefined, after: Service | undefined): ReadonlySet<ServiceKey>;
  /** Whether this service port, and no older one, holds the frontend. */
  readonly owns: (key: ServicePortKey, family: IpFamily, frontend: Frontend) => boolean;
  /** One problem for each frontend that a service port claims in vain, sorted. */
  conflicts(): readonly Problem[];
}

/** No claims. */
export function createClaims(): Claims {
  /** The owner first; never empty. */
  const claimsAt = new Map<FrontendKey, readonly Claim[]>();
  const contested = new Set<FrontendKey>();

  function ownerOf(key: FrontendKey): Claim | undefined {
    return claimsAt.get(key)?.[0];
  }

  function put(key: FrontendKey, claims: readonly Claim[]): void {
    if (claims.length === 0) claimsAt.delete(key);
    else claimsAt.set(key, claims);
    if (claims.length > 1) contested.add(key);
    else contested.delete(key);
  }

  return {
    replace(before, after) {
      const withdrawn = before === undefined ? [] : claimsOf(before);
      const made = after === undefined ? [] : claimsOf(after);
      const owners = new Map([...withdrawn, ...made].map(({ at }) => [at, ownerOf(at)]));
      for (const { at, port } of withdrawn) {
        put(at, claimsAt.get(at)?.filter((claim) => claim.port !== port) ?? []);
      }
      for (const claim of made) {
        put(claim.at, [...(claimsAt.get(claim.at) ?? []), claim].sort(compareClaims));
      }
      const affected = new Set<ServiceKey>();
      for (const [at, former] of owners) {
        const owner = ownerOf(at);
        if (owner?.port === former?.port) continue;
        if (owner !== undefined) affected.add(keyOf(owner.service));
        if (former !== undefined) affected.add(keyOf(former.service));
      }
      return affected;
    },
    owns: (key, family, frontend) => ownerOf(frontendKey(family, frontend))?.port === key,
    conflicts: () => {
      const problems = [...contested].flatMap((at) => lostClaims(claimsAt.get(at) ?? []));
      // A node port that is contested in both families is one conflict.
      return [...new Map(problems.map((problem) => [sortKey(problem), problem]))]
        .sort(([a], [b]) => compareText(a, b))
        .map(([, problem]) => problem);
    },
  };
}

// --- internal ---

/** `IPv4/203.0.113.1/tcp/80`; the address of a node port is `nodeport`. */
type FrontendKey = string;

interface Claim {
  readonly at: FrontendKey;
  readonly frontend: Frontend;
  readonly service: Service;
  readonly port: ServicePortKey;
  readonly portName: string;
}

function claimsOf(service: Service): Claim[] {
  return IP_FAMILIES.flatMap((family) =>
    service.ports.flatMap((spec) => {
      const port = servicePortKey(service, spec);
      const portName = displayName(service, spec);
      return frontendsOf(service, spec, family).map((frontend) => ({
        at: frontendKey(family, frontend),
        frontend,
        service,
        port,
        portName,
      }));
    }),
  );
}

function frontendKey(family: IpFamily, { ip, protocol, port }: Frontend): FrontendKey {
  return `${family}/${ip ?? 'nodeport'}/${protocol}/${port}`;
}

function keyOf(service: Service): ServiceKey {
  return serviceKey(service.namespace, service.name);
}

/**
 * A ClusterIP first, then the older Service; then by namespace and name, and by key among the ports
 * of one Service.
 */
function compareClaims(a: Claim, b: Claim): number {
  return (
    Number(a.frontend.kind !== 'ClusterIP') - Number(b.frontend.kind !== 'ClusterIP') ||
    createdAtMsOf(a.service) - createdAtMsOf(b.service) ||
    compareText(a.service.namespace, b.service.namespace) ||
    compareText(a.service.name, b.service.name) ||
    compareText(a.port, b.port)
  );
}

/** A Service without a creation time was never in a cluster: it is the newest, and displaces nobody. */
function createdAtMsOf({ createdAtMs }: Service): number {
  return createdAtMs === 0 ? Number.MAX_SAFE_INTEGER : createdAtMs;
}

function lostClaims([owner, ...losers]: readonly Claim[]): Problem[] {
  if (owner === undefined) return [];
  return losers.map(({ service, frontend, portName }) => ({
    object: `Service ${keyOf(service)}`,
    field: FIELDS[frontend.kind],
    message:
      `expected ${WANTED[frontend.kind]} of its own for ${portName}, got ${frontendText(frontend)}, ` +
      `which belongs to ${owner.portName}; this port gets it when that one goes`,
  }));
}

const FIELDS = {
  ClusterIP: 'spec.clusterIP',
  ExternalIP: 'spec.externalIPs',
  LoadBalancer: 'status.loadBalancer.ingress',
  NodePort: 'spec.ports',
} as const;

const WANTED = {
  ClusterIP: 'a ClusterIP',
  ExternalIP: 'an external IP',
  LoadBalancer: 'a load balancer IP',
  NodePort: 'a node port',
} as const;

function frontendText({ ip, protocol, port }: Frontend): string {
  return `${ip === undefined ? port : joinHostPort(ip, port)}/${protocol}`;
}

function sortKey({ object, message }: Problem): string {
  return `${object} ${message}`;
}
