import grafana from '@grafana/eslint-config/flat.js';

export default [
  { ignores: ['dist/', 'node_modules/'] },
  ...grafana.map((rules) => ({ files: ['src/**/*.{ts,tsx}'], ...rules })),
];
