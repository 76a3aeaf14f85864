import { expect } from 'chai';
import { ownerOf, removalOf } from '../../../rules/iptables/removal.ts';
import { restoreLines, restoreText } from '../../../rules/iptables/restore.ts';
import { portsOf } from '../nftables/support/clusters.ts';
import { WORLDS } from '../nftables/support/worlds.ts';
import { KernelModel } from './support/kernel-model.ts';
import { makeChainSettings, plannerWith, sync } from './support/planning.ts';

const FOREIGN =
  '*filter\n:SOMETHING -\n:KUBE-FIREWALL -\n-A INPUT -j SOMETHING\n-A INPUT -j KUBE-FIREWALL\nCOMMIT\n';

describe('a removal', () => {
  for (const { name, settings, cluster } of WORLDS) {
    it(`leaves nothing of ours and everything of others: ${name}`, () => {
      const [kernel, before] = [new KernelModel(), new KernelModel()];
      kernel.restore(FOREIGN);
      before.restore(FOREIGN);
      const options = { ...settings, allowsLocalhostNodePorts: false };
      sync(plannerWith('IPv4', portsOf(cluster), makeChainSettings('IPv4', options)), kernel);
      kernel.restore(restoreText(restoreLines(removalOf('IPv4', kernel.save()))));
      expect(kernel.tables).to.eql(before.tables);
    });
  }

  it('leaves what is shared with kubelet', () => {
    const kernel = new KernelModel();
    const settings = makeChainSettings('IPv4', { nodePorts: { matchAll: true } });
    sync(plannerWith('IPv4', new Map(), settings), kernel);
    kernel.restore(restoreText(restoreLines(removalOf('IPv4', kernel.save()))));
    expect([...kernel.chains('filter').keys()]).to.include('KUBE-FIREWALL');
  });

  for (const target of ['KUBE-MARK-MASQ', 'KUBE-SERVICES']) {
    it(`empties a chain that somebody else leads to, and leaves nothing else: ${target}`, () => {
      const kernel = new KernelModel();
      sync(plannerWith('IPv4', new Map()), kernel);
      kernel.restore(`*nat\n:SOMETHING -\n-A SOMETHING -j ${target}\nCOMMIT\n`);
      kernel.restore(restoreText(restoreLines(removalOf('IPv4', kernel.save()))));
      const left = [...kernel.chains('nat')].filter(([name]) => name.startsWith('KUBE-'));
      expect(left).to.eql([[target, []]]);
      expect(removalOf('IPv4', kernel.save()).tables).to.be.empty;
    });
  }

  it('has nothing to do where nothing is', () => {
    expect(removalOf('IPv4', new KernelModel().save()).tables).to.be.empty;
  });
});

describe('the owner of chains', () => {
  it('is nobody where there are none', () => {
    expect(ownerOf(new KernelModel().save())).to.equal('nobody');
  });

  it('is us, by the signature, after the nat table was flushed too', () => {
    const kernel = new KernelModel();
    sync(plannerWith('IPv4', new Map()), kernel);
    expect(ownerOf(kernel.save())).to.equal('us');
    kernel.tables.set('nat', new Map());
    expect(ownerOf(kernel.save())).to.equal('us');
  });

  it('is kube-proxy where that has written its rules over ours', () => {
    const kernel = new KernelModel();
    sync(plannerWith('IPv4', new Map()), kernel);
    kernel.restore('*nat\n:KUBE-MARK-MASQ -\n-A KUBE-MARK-MASQ -j MARK --or-mark 0x4000\nCOMMIT\n');
    expect(ownerOf(kernel.save())).to.equal('kube-proxy');
  });
});
