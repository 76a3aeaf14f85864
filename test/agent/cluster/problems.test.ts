import { expect } from 'chai';
import { fileProblem, formatProblem } from '../../../agent/cluster/problems.ts';

describe('a problem as text', () => {
  const problem = {
    file: 'web.yaml',
    line: 14,
    object: 'Service default/web',
    field: 'spec.ports[0].port',
    message: 'expected a port, got 70000',
  };
  const rows = [
    {
      name: 'names file, line, object, field and message',
      problem,
      text: 'web.yaml:14: Service default/web: spec.ports[0].port: expected a port, got 70000',
    },
    {
      name: 'leaves out a line that is not known',
      problem: { ...problem, line: undefined },
      text: 'web.yaml: Service default/web: spec.ports[0].port: expected a port, got 70000',
    },
    {
      name: 'leaves out the field when it is the object as a whole',
      problem: { ...problem, field: '' },
      text: 'web.yaml:14: Service default/web: expected a port, got 70000',
    },
    {
      name: 'has only file and message for a file',
      problem: fileProblem('web.yaml', undefined, 'it is empty'),
      text: 'web.yaml: it is empty',
    },
    {
      name: 'is one line without control characters, whatever the file is called',
      problem: fileProblem('a\n\u001b[31m\u2028\u202e.yaml', 1, 'tab\there'),
      text: 'a\\u{a}\\u{1b}[31m\\u{2028}\\u{202e}.yaml:1: tab\\u{9}here',
    },
  ];
  for (const row of rows) {
    it(row.name, () => {
      expect(formatProblem(row.problem)).to.equal(row.text);
    });
  }
});
