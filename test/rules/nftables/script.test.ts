import { expect } from 'chai';
import fc from 'fast-check';
import type { ElementChange } from '../../../rules/diff/element.ts';
import type { IpFamily } from '../../../rules/ip.ts';
import { NftablesPlanner } from '../../../rules/nftables/planner.ts';
import {
  changeAt,
  ELEMENTS_PER_COMMAND,
  scriptSteps,
  scriptText,
} from '../../../rules/nftables/script.ts';
import type { ServiceKey } from '../../../rules/services/types.ts';
import { clusterIp } from '../../support/addresses.ts';
import { makeChosen, makeServicePort } from '../services/builders.ts';
import { anyCluster, portChanges, portsOf } from './support/clusters.ts';
import { kernelOf, plannerWith, setAll } from './support/planning.ts';
import { makeSettings } from './support/settings.ts';

describe('scripts', () => {
  it('have a command a line and nothing else', () => {
    const steps = scriptSteps(plannerWith('IPv4', new Map()).plan());
    for (const line of scriptText(steps).trimEnd().split('\n')) {
      expect(line).to.match(/^(add|delete) (table|set|map|chain|rule|element) ip switchyard\b/);
    }
  });

  it('are empty for a transaction that changes nothing', () => {
    const planner = plannerWith('IPv6', new Map());
    kernelOf(planner);
    expect(scriptText(scriptSteps(planner.plan()))).to.equal('');
  });

  it('put no more elements into a command than are quick', () => {
    const planner = plannerWith('IPv4', new Map());
    kernelOf(planner);
    for (let number = 1; number <= ELEMENTS_PER_COMMAND + 1; number++) {
      const clusterIP = clusterIp('IPv4', number);
      const port = makeServicePort({ clusterIP, frontends: [], endpoints: makeChosen() });
      planner.setPorts(`default/service-${number}` as ServiceKey, [port]);
    }
    const sizes = scriptSteps(planner.plan()).map(({ changes }) => changes.length);
    expect(sizes).to.deep.equal([ELEMENTS_PER_COMMAND, 1]);
  });
});

describe('changeAt', () => {
  it('finds the change behind every element of a script, wherever it begins', () => {
    const change = fc.record({
      family: fc.constantFrom<IpFamily>('IPv4', 'IPv6'),
      before: anyCluster,
      after: anyCluster,
    });
    fc.assert(
      fc.property(change, ({ family, before, after }) => {
        const planner = plannerWith(family, portsOf(before));
        kernelOf(planner);
        setAll(planner, portChanges(before, after));
        const { changes, ...transaction } = planner.plan();
        const steps = scriptSteps({ ...transaction, changes });
        const found = placesOfElements(scriptText(steps)).map(({ line, column, text }) => {
          const at = changeAt(steps, line, column);
          expect(text.startsWith(at?.key ?? 'nothing'), text).to.be.true;
          return at;
        });
        expect(new Set(found)).to.deep.equal(new Set(changes));
      }),
    );
  });

  it('finds nothing where no element stands', () => {
    const steps = scriptSteps(new NftablesPlanner('IPv4', makeSettings('IPv4')).plan());
    const lines = scriptText(steps).split('\n');
    const isElement = (line: string): boolean => line.startsWith('add element');
    const others = lines.flatMap((line, index) => (isElement(line) ? [] : [index + 1]));
    expect(others.length).to.be.greaterThan(20);
    for (const line of [0, ...others, lines.length + 1]) {
      expect(changeAt(steps, line, 1)).to.be.undefined;
    }
  });

  it('takes the words before the first element for that element', () => {
    const first: ElementChange = {
      collection: 'cluster-ips',
      key: clusterIp('IPv4', 1),
      before: undefined,
      after: undefined,
    };
    const second = { ...first, key: clusterIp('IPv4', 2) };
    const line = `add element ip switchyard cluster-ips { ${first.key}, ${second.key} }`;
    const steps = [{ lines: [line], changes: [first, second] }];
    expect(changeAt(steps, 1, 1)).to.equal(first);
    expect(changeAt(steps, 1, line.indexOf(second.key) + 1)).to.equal(second);
    expect(changeAt(steps, 1, line.indexOf(second.key))).to.equal(first);
  });
});

// --- internal ---

/** Where each element of each command begins: line and column from 1. */
function placesOfElements(script: string): { line: number; column: number; text: string }[] {
  return script.split('\n').flatMap((line, index) => {
    const open = line.indexOf('{ ');
    if (!/^(add|delete) element /.test(line)) return [];
    let column = open + 3;
    return line
      .slice(open + 2, -2)
      .split(', ')
      .map((text) => {
        const place = { line: index + 1, column, text };
        column += text.length + 2;
        return place;
      });
  });
}
