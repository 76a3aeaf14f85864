/** Which shared libraries a program needs, as the dynamic linker of this machine finds them. */
import { execa } from 'execa';

/** The paths of all libraries of a program, those of libraries included; none if it is static. */
export async function librariesOf(program: string): Promise<string[]> {
  const { stdout, stderr, exitCode } = await execa('ldd', [program], {
    env: { LC_ALL: 'C' },
    reject: false,
  });
  if (exitCode !== 0) {
    if (stderr.includes('not a dynamic executable')) return [];
    throw new Error(`ldd cannot tell the libraries of ${program}: ${stderr.trim()}`);
  }
  return parseLdd(stdout);
}

/** The paths in what ldd wrote. Throws for a library that was not found. */
export function parseLdd(text: string): string[] {
  return text.split('\n').flatMap((line) => {
    if (line.includes('=> not found')) throw new Error(`a library is missing: ${line.trim()}`);
    // `libc.so.6 => /lib/... (0x...)`, or the linker itself without an arrow. The kernel's own
    // linux-vdso.so.1 is no file and has no path.
    const path = /(?:^|=>)\s*(\/\S+) \(0x/.exec(line)?.[1];
    return path === undefined ? [] : [path];
  });
}
