/** Which version of the program this is. An import, so that a bundle has it inside. */
import packageJson from '../package.json' with { type: 'json' };

/** As npm has it, `1.2.3`. */
export const VERSION = packageJson.version;
