import { expect } from 'chai';
import { drawScene } from '../../../../scripts/demo/view/drawing.ts';
import { clientIp, nodeIp, podIp } from '../../../support/addresses.ts';

describe('the drawing of the world', () => {
  it('has the client above the router, and the nodes side by side with their pods', () => {
    const lines = drawScene({
      client: { name: 'client-1', addresses: [clientIp('IPv4', 1)] },
      router: 'router',
      nodes: [
        {
          name: 'node-1',
          addresses: [nodeIp('IPv4', 1)],
          pods: [
            ['pod-1-1', podIp('IPv4', 1, 1), 'web'],
            ['pod-1-2', podIp('IPv4', 1, 2), 'dns'],
          ],
        },
        {
          name: 'node-2',
          addresses: [nodeIp('IPv4', 2)],
          pods: [['pod-2-1', podIp('IPv4', 2, 1), 'web']],
        },
      ],
    });
    expect(lines).to.deep.equal([
      '      client-1  198.51.100.1',
      '                 |',
      '              router',
      "  .--------------'--------------.",
      'node-1                        node-2',
      '192.168.50.1                  192.168.50.2',
      '  pod-1-1  10.244.1.2  web      pod-2-1  10.244.2.2  web',
      '  pod-1-2  10.244.1.3  dns',
    ]);
  });
});
