/** The program: arguments in, exit code out. */
import { createProgram } from './cli/program.ts';
import { exitCodeOf, explain } from './cli/exit.ts';

try {
  await createProgram().parseAsync();
} catch (error) {
  const text = explain(error);
  if (text !== '') process.stderr.write(`${text}\n`);
  process.exitCode = exitCodeOf(error);
}
