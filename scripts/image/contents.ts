/**
 * What is in the container image, as data. The Dockerfile repeats some of it; a test compares them.
 */
import packageJson from '../../package.json' with { type: 'json' };

/** Programs that the agent starts, with the Debian package that has each. */
export const PROGRAMS: Readonly<Record<string, string>> = {
  nft: 'nftables',
  // Deletes stale UDP flows.
  conntrack: 'conntrack',
  // For iptables mode: both variants, since the node decides which.
  ...Object.fromEntries(
    ['iptables', 'ip6tables'].flatMap((family) =>
      ['nft', 'legacy'].flatMap((variant) =>
        ['', '-restore', '-save'].map((tool) => [`${family}-${variant}${tool}`, 'iptables']),
      ),
    ),
  ),
};

/**
 * Where iptables looks for its matches and targets, which it loads when a rule names them; `*` stands
 * for the processor's architecture.
 */
export const IPTABLES_EXTENSIONS = '/usr/lib/*/xtables/*.so';

/** Files of the machine that builds the image that go into it, with their Debian packages. */
export const SYSTEM_FILES: Readonly<Record<string, string>> = {
  // nft reads and writes protocols by name.
  '/etc/protocols': 'netbase',
  // Node has certificates of its own; this is for credential plugins that are mounted from the node.
  '/etc/ssl/certs/ca-certificates.crt': 'ca-certificates',
};

/** Where things are in the image. */
export const PLACES = {
  node: '/usr/local/bin/node',
  launcher: '/usr/local/bin/switchyard',
  bundle: '/usr/local/lib/switchyard',
  programs: '/usr/sbin',
} as const;

/** What the launcher is made of: a hashbang cannot name a program by PATH without a shell or env. */
export const LAUNCHER = `#!${PLACES.node}\nimport '${PLACES.bundle}/switchyard.js';\n`;

/** Files of our own making, by path. */
export const WRITTEN_FILES: Readonly<Record<string, string>> = {
  // The API server may have a name that only the node's /etc/hosts knows.
  '/etc/nsswitch.conf': 'hosts: files dns\nprotocols: files\n',
  // Node takes the bundle for CommonJS otherwise, and has to parse it twice to find out.
  [`${PLACES.bundle}/package.json`]: '{ "type": "module" }\n',
};

/** Empty folders that container runtimes mount something on, or that programs expect. */
export const FOLDERS: readonly string[] = ['/dev', '/proc', '/run', '/sys', '/tmp'];

/** What a container runtime is told. */
export const RUNTIME = {
  entrypoint: [PLACES.launcher],
  /** Root, since a capability only reaches a process of another user through its ambient set, which Kubernetes leaves empty. */
  user: '0:0',
  env: {
    PATH: '/usr/local/bin:/usr/sbin',
    NODE_ENV: 'production',
    // In MiB. Left to itself, Node 24 holds 100 MB more after a start with 10,000 Services, and is
    // not faster for it.
    NODE_OPTIONS: '--max-semi-space-size=8',
  },
  labels: {
    'org.opencontainers.image.title': packageJson.name,
    'org.opencontainers.image.description': packageJson.description,
    'org.opencontainers.image.version': packageJson.version,
    'org.opencontainers.image.licenses': packageJson.license,
  },
} as const;

/** How the image is called where nobody says otherwise: no registry has it. */
export const DEFAULT_NAME = `localhost/switchyard:${packageJson.version}`;
