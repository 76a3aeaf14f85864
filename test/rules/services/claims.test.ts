import { expect } from 'chai';
import { createClaims, type Claims } from '../../../rules/services/claims.ts';
import { frontendsOf } from '../../../rules/services/frontends.ts';
import { servicePortKey } from '../../../rules/services/keys.ts';
import type { PortSpec, Service } from '../../../rules/services/types.ts';
import { clusterIp, externalIp } from '../../support/addresses.ts';
import { makeService } from './builders.ts';

const SHARED = externalIp('IPv4', 1);

/** Three Services that want the same external IP and port, by age. */
const OLD = claimant('old', 1);
const MIDDLE = claimant('middle', 2);
const NEW = claimant('new', 3);

describe('claims', () => {
  it('give a contested frontend to the oldest Service, whatever the order of arrival', () => {
    for (const order of [
      [OLD, MIDDLE, NEW],
      [NEW, MIDDLE, OLD],
      [MIDDLE, NEW, OLD],
    ]) {
      const claims = claimsOf(...order);
      expect([OLD, MIDDLE, NEW].map((service) => isHolder(claims, service))).to.deep.equal([
        true,
        false,
        false,
      ]);
    }
  });

  it('leave a ClusterIP to its Service, though an older one names it as an external IP', () => {
    const thief: Service = { ...claimant('thief', 1), externalIPs: NEW.clusterIPs };
    const claims = claimsOf(thief, NEW);
    const kept = NEW.ports.flatMap((port) =>
      frontendsOf(NEW, port, 'IPv4').map(
        (frontend) =>
          `${frontend.kind} ${claims.owns(servicePortKey(NEW, port), 'IPv4', frontend)}`,
      ),
    );
    expect(kept).to.include('ClusterIP true');
    expect(claims.conflicts().map(({ object }) => object)).to.deep.equal(['Service default/thief']);
  });

  it('leave each Service the frontends that nobody contests', () => {
    const claims = claimsOf(OLD, NEW);
    const kinds = NEW.ports.flatMap((port) =>
      frontendsOf(NEW, port, 'IPv4')
        .filter((frontend) => claims.owns(servicePortKey(NEW, port), 'IPv4', frontend))
        .map(({ kind }) => kind),
    );
    expect(kinds).to.deep.equal(['ClusterIP']);
  });

  it('pass a frontend on to the next oldest, and name both Services', () => {
    const claims = claimsOf(OLD, MIDDLE, NEW);
    expect([...claims.replace(OLD, undefined)]).to.have.members(['default/old', 'default/middle']);
    expect(isHolder(claims, MIDDLE)).to.equal(true);
    expect(isHolder(claims, NEW)).to.equal(false);
  });

  it('name nobody else when a Service without the frontend goes', () => {
    const claims = claimsOf(OLD, MIDDLE, NEW);
    expect([...claims.replace(MIDDLE, undefined)]).to.deep.equal(['default/middle']);
  });

  it('pass a frontend on when its holder no longer wants it', () => {
    const claims = claimsOf(OLD, NEW);
    const modest = { ...OLD, externalIPs: [] };
    expect([...claims.replace(OLD, modest)]).to.have.members(['default/old', 'default/new']);
    expect(isHolder(claims, NEW)).to.equal(true);
  });

  it('take a frontend away when its holder turns out younger', () => {
    const claims = claimsOf(OLD, MIDDLE);
    const reborn = { ...OLD, createdAtMs: 9 };
    claims.replace(OLD, reborn);
    expect(isHolder(claims, MIDDLE)).to.equal(true);
    expect(isHolder(claims, reborn)).to.equal(false);
  });

  it('name nobody when nothing changes hands', () => {
    const claims = claimsOf(OLD, NEW);
    expect([...claims.replace(OLD, { ...OLD, affinitySeconds: 60 })]).to.deep.equal([]);
  });

  it('hold no frontend of Services that are gone', () => {
    const claims = claimsOf(OLD);
    claims.replace(OLD, undefined);
    expect(isHolder(claims, OLD)).to.equal(false);
    expect(claims.conflicts()).to.deep.equal([]);
  });

  describe('decide by', () => {
    const rows: { name: string; winner: Partial<Service>; loser: Partial<Service> }[] = [
      {
        name: 'age before name',
        winner: { createdAtMs: 1, name: 'b' },
        loser: { createdAtMs: 2, name: 'a' },
      },
      {
        name: 'namespace among the equally old',
        winner: { namespace: 'a' },
        loser: { namespace: 'b' },
      },
      { name: 'name within a namespace', winner: { name: 'a' }, loser: { name: 'b' } },
      {
        name: 'age, where one without creation time is the newest',
        winner: { createdAtMs: 5, name: 'b' },
        loser: { createdAtMs: 0, name: 'a' },
      },
    ];
    for (const { name, winner, loser } of rows) {
      it(name, () => {
        const [first, second] = [winner, loser].map((fields) => ({ ...OLD, ...fields }));
        if (first === undefined || second === undefined) expect.fail('two rows');
        for (const claims of [claimsOf(first, second), claimsOf(second, first)]) {
          expect(isHolder(claims, first)).to.equal(true);
          expect(isHolder(claims, second)).to.equal(false);
        }
      });
    }
  });

  describe('conflicts', () => {
    const withPorts = (name: string, createdAtMs: number, ...ports: PortSpec[]): Service =>
      makeService({
        name,
        createdAtMs,
        clusterIPs: [clusterIp('IPv4', createdAtMs), clusterIp('IPv6', createdAtMs)],
        ports,
      });
    const port = (name: string, number: number, nodePort = 0): PortSpec => ({
      name,
      protocol: 'tcp',
      port: number,
      nodePort,
    });

    it('are none while nothing is contested', () => {
      const other = makeService({ clusterIPs: [clusterIp('IPv4', 9)] });
      expect(claimsOf(OLD, other).conflicts()).to.deep.equal([]);
    });

    it('name every loser, the field and the holder', () => {
      expect(claimsOf(NEW, OLD, MIDDLE).conflicts()).to.deep.equal(
        ['middle', 'new'].map((name) => ({
          object: `Service default/${name}`,
          field: 'spec.externalIPs',
          message:
            `expected an external IP of its own for default/${name}:http, got ${SHARED}:80/tcp, ` +
            'which belongs to default/old:http; this port gets it when that one goes',
        })),
      );
    });

    it('name a node port once, though it is contested in both families', () => {
      const services = [
        withPorts('a', 1, port('http', 80, 30080)),
        withPorts('b', 2, port('web', 81, 30080)),
      ];
      expect(claimsOf(...services).conflicts()).to.deep.equal([
        {
          object: 'Service default/b',
          field: 'spec.ports',
          message:
            'expected a node port of its own for default/b:web, got 30080/tcp, ' +
            'which belongs to default/a:http; this port gets it when that one goes',
        },
      ]);
    });

    it('arise between two ports of one Service', () => {
      const service = withPorts('a', 1, port('y', 80, 30080), port('x', 81, 30080));
      const [problem, ...others] = claimsOf(service).conflicts();
      expect(others).to.deep.equal([]);
      expect(problem?.message).to.match(/^expected a node port of its own for default\/a:y, /);
    });

    it('arise over ClusterIPs and load balancer IPs, across kinds of frontend', () => {
      const older = makeService({
        name: 'a',
        createdAtMs: 1,
        loadBalancerVIPs: [clusterIp('IPv4', 2)],
      });
      const same = makeService({ name: 'b', createdAtMs: 2, clusterIPs: [clusterIp('IPv4', 2)] });
      const third = makeService({
        name: 'c',
        createdAtMs: 3,
        clusterIPs: [clusterIp('IPv4', 3)],
        loadBalancerVIPs: [clusterIp('IPv4', 2)],
      });
      const fields = claimsOf(third, same, older)
        .conflicts()
        .map(({ object, field }) => `${object} ${field}`);
      expect(fields).to.deep.equal([
        'Service default/a status.loadBalancer.ingress',
        'Service default/c status.loadBalancer.ingress',
      ]);
    });

    it('do not arise between protocols or between ports', () => {
      const base = makeService({ name: 'a', externalIPs: [SHARED] });
      const ports = [{ name: 'http', protocol: 'udp', port: 80, nodePort: 0 }] as const;
      const other = makeService({ name: 'b', externalIPs: [SHARED], ports });
      const third = makeService({ name: 'c', externalIPs: [SHARED], ports: [port('http', 81)] });
      expect(claimsOf(base, other, third).conflicts()).to.deep.equal([]);
    });

    it('end when the winner goes', () => {
      const claims = claimsOf(OLD, NEW);
      claims.replace(OLD, undefined);
      expect(claims.conflicts()).to.deep.equal([]);
    });
  });
});

function claimant(name: string, createdAtMs: number): Service {
  const clusterIPs = [clusterIp('IPv4', createdAtMs)];
  return makeService({ name, createdAtMs, clusterIPs, externalIPs: [SHARED] });
}

function claimsOf(...services: readonly Service[]): Claims {
  const claims = createClaims();
  for (const service of services) claims.replace(undefined, service);
  return claims;
}

/** Whether the Service holds the external IP that all of them want. */
function isHolder(claims: Claims, service: Service): boolean {
  return service.ports.every((port) =>
    frontendsOf(service, port, 'IPv4')
      .filter(({ ip }) => ip === SHARED)
      .every((frontend) => claims.owns(servicePortKey(service, port), 'IPv4', frontend)),
  );
}
