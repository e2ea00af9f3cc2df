// Grafana's packages and a few below them ship ES modules only, which Node's
// CommonJS loader of the tests needs translated.
const modules = ['@grafana', '@wojtekmaj', 'd3', 'd3-[a-z-]+', 'get-user-locale', 'marked', 'memoize', 'mimic-function', 'ol', 'react-calendar', 'react-colorful', 'rxjs', 'uuid', 'internmap', 'delaunator', 'robust-predicates'];

process.env.TZ = 'UTC';

module.exports = {
  testEnvironment: 'jest-environment-jsdom',
  roots: ['<rootDir>/src'],
  setupFilesAfterEnv: ['<rootDir>/jest.setup.js'],
  moduleNameMapper: { '\\.(css|scss|svg)$': 'identity-obj-proxy', '^react-inlinesvg$': '<rootDir>/jest.setup.js' },
  transform: {
    '^.+\\.m?[jt]sx?$': ['@swc/jest', { jsc: { target: 'es2022', parser: { syntax: 'typescript', tsx: true }, transform: { react: { runtime: 'automatic' } } } }],
  },
  transformIgnorePatterns: [`node_modules/(?!(${modules.join('|')})/)`],
};
