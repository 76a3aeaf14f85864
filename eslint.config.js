import eslint from '@eslint/js';
import tseslint from 'typescript-eslint';

/** What `rules/` may not touch: it thinks, and leaves I/O, time and chance to `agent/`. */
const impure = [
  'node:fs',
  'node:fs/promises',
  'node:child_process',
  'node:net',
  'node:dgram',
  'node:http',
  'node:https',
  'node:timers',
  'node:timers/promises',
  'node:os',
  'node:process',
  'execa',
  'pino',
];

export default tseslint.config(
  { ignores: ['node_modules/', 'coverage/', 'dist/'] },
  eslint.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
    },
  },
  {
    files: ['{agent,scripts,test}/**/*.ts'],
    ignores: ['agent/userspace/reset.ts'],
    rules: {
      'no-restricted-properties': [
        'error',
        { property: 'resetAndDestroy', message: 'It may lose the socket: use reset().' },
      ],
    },
  },
  {
    files: ['rules/**/*.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          paths: impure.map((name) => ({ name, message: 'rules/ is pure: no I/O, no clock.' })),
          patterns: [{ group: ['**/agent/**'], message: 'rules/ imports nothing from agent/.' }],
        },
      ],
      'no-restricted-globals': ['error', 'process', 'fetch', 'setTimeout', 'setInterval'],
      'no-restricted-properties': [
        'error',
        { object: 'Math', property: 'random', message: 'rules/ has no randomness.' },
        { object: 'Date', property: 'now', message: 'rules/ has no clock.' },
      ],
    },
  },
  {
    files: ['test/**/*.ts'],
    rules: {
      // chai's `expect(x).to.be.true` is an expression by design.
      '@typescript-eslint/no-unused-expressions': 'off',
    },
  },
  {
    files: ['**/*.js'],
    languageOptions: { globals: { process: 'readonly', console: 'readonly', URL: 'readonly' } },
  },
);
