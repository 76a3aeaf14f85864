import { expect } from 'chai';
import { elementLines, ruleLines, sizeOf } from '../../../scripts/demo/nft-listing.ts';
import { clusterIp } from '../../support/addresses.ts';

const IP = clusterIp('IPv4', 10);

describe('a listing of nft', () => {
  it('has the elements of a map, each on its own', () => {
    const listing = [
      'table ip switchyard {',
      '\tmap service-ips {',
      '\t\ttype ipv4_addr . inet_proto . inet_service : verdict',
      '\t\tcomment "ClusterIPs, external IPs, load balancer IPs"',
      `\t\telements = { ${IP} . tcp . 80 comment "default/web:http" : goto endpoints-3,`,
      `\t\t\t     ${IP} . udp . 53 : goto endpoints-2 }`,
      '\t}',
      '}',
    ].join('\n');
    expect(elementLines(listing)).to.deep.equal([
      `${IP} . tcp . 80 comment "default/web:http" : goto endpoints-3`,
      `${IP} . udp . 53 : goto endpoints-2`,
    ]);
  });

  it('has no elements of an empty map', () => {
    expect(elementLines('table ip t {\n\tmap m {\n\t\ttype mark : verdict\n\t}\n}')).to.deep.equal(
      [],
    );
  });

  it('has the rules of a chain, with the sets in them', () => {
    const rules = ['numgen random mod 2 vmap { 0 : goto a, 1 : goto b }', 'reject'];
    const listing = `table ip t {\n\tchain c {\n${rules.map((rule) => `\t\t${rule}\n`).join('')}\t}\n}`;
    expect(ruleLines(listing)).to.deep.equal(rules);
  });

  it('counts what tables are made of', () => {
    const place = { family: 'ip', table: 't' } as const;
    expect(
      sizeOf([
        { table: { family: 'ip', name: 't' } },
        { set: { ...place, name: 's', type: 'mark', elem: [1, 2] } },
        { map: { ...place, name: 'm', type: 'mark', map: 'verdict' } },
        { chain: { ...place, name: 'c' } },
        { rule: { ...place, chain: 'c', expr: [] } },
        { rule: { ...place, chain: 'c', expr: [] } },
      ]),
    ).to.deep.equal({ chains: 1, rules: 2, sets: 2, elements: 2 });
  });
});
