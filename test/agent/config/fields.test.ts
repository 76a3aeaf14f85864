import { expect } from 'chai';
import { FIELDS } from '../../../agent/config/fields.ts';
import { stepsOf, withValueAt } from '../../../agent/config/paths.ts';
import { FILE_HEADER } from '../../../agent/config/schema.ts';
import { fieldPaths, load } from './support.ts';

/** For each field that is not in use, a value that is not its default. */
const SAMPLES: Readonly<Record<string, unknown>> = {
  featureGates: { SomeGate: true },
  'clientConnection.acceptContentTypes': 'application/json',
  'clientConnection.contentType': 'application/json',
  'clientConnection.qps': 50,
  'clientConnection.burst': 100,
  'logging.flushFrequency': 1e9,
  'logging.vmodule': [{ filePattern: 'proxier*', verbosity: 9 }],
  'logging.options.text.splitStream': true,
  'logging.options.text.infoBufferSize': '64Ki',
  'logging.options.json.splitStream': true,
  'logging.options.json.infoBufferSize': 512,
  enableProfiling: true,
  showHiddenMetricsForVersion: '1.36',
  'ipvs.syncPeriod': '1m',
  'ipvs.minSyncPeriod': '2s',
  'ipvs.scheduler': 'rr',
  'ipvs.excludeCIDRs': ['10.0.0.0/8'],
  'ipvs.strictARP': true,
  'ipvs.tcpTimeout': '15m',
  'ipvs.tcpFinTimeout': '2m',
  'ipvs.udpTimeout': '5m',
  'winkernel.networkName': 'cbr0',
  'winkernel.sourceVip': '10.244.0.2',
  'winkernel.enableDSR': true,
  'winkernel.rootHnsEndpointName': 'cbr0',
  'winkernel.forwardHealthCheckVip': true,
  configSyncPeriod: '1h',
  portRange: '30000-32767',
  windowsRunAsService: true,
};

const NOT_IN_USE = Object.entries(FIELDS).filter(([, use]) => use.kind !== 'used');

describe('the table of fields', () => {
  it('has every field of the file format, and no others', () => {
    expect(Object.keys(FIELDS).sort()).to.deep.equal(fieldPaths().sort());
  });

  it('has a sample here for every field that is not in use', () => {
    expect(Object.keys(SAMPLES).sort()).to.deep.equal(NOT_IN_USE.map(([path]) => path).sort());
  });

  it('has nothing of ipvs and winkernel in use', () => {
    const kinds = fieldPaths()
      .filter((path) => /^(ipvs|winkernel)\./.test(path))
      .map((path) => FIELDS[path]?.kind);
    expect(new Set(kinds)).to.deep.equal(new Set(['never']));
  });
});

describe('a field that is not in use', () => {
  for (const [path] of NOT_IN_USE) {
    it(`is accepted with one warning that names it: ${path}`, () => {
      const file = withValueAt(FILE_HEADER, stepsOf(path), SAMPLES[path]);
      const { config, warnings } = load(['--config', 'kube-proxy.json'], JSON.stringify(file));
      expect(warnings).to.have.lengthOf(1);
      expect(warnings[0]).to.include(`kube-proxy.json:1: ${path} makes no sense here: `);
      expect({ ...config, file: undefined }).to.deep.equal({ ...load([]).config, file: undefined });
    });
  }
});
