/**
 * Root hooks: a process warning or an unhandled rejection in any test fails the suite, since both
 * mean that something was leaked or ignored.
 */
const warnings: Error[] = [];

export const mochaHooks = {
  beforeAll(): void {
    process.on('warning', (warning) => warnings.push(warning));
  },
  afterAll(): void {
    const [first] = warnings;
    if (first !== undefined)
      throw new Error(`the process warned: ${first.message}`, { cause: first });
  },
};
