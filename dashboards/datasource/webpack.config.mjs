// Builds the browser part of the plugin into dist/: one AMD module that takes
// React and Grafana's own packages from the Grafana that loads it.
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import CopyPlugin from 'copy-webpack-plugin';

const here = path.dirname(fileURLToPath(import.meta.url));
const pkg = createRequire(import.meta.url)('./package.json');

// A build is reproducible: its date is that of the sources, not of the machine.
const built = new Date(1000 * Number(process.env.SOURCE_DATE_EPOCH ?? Date.now() / 1000)).toISOString().slice(0, 10);

const fill = (content) =>
  content
    .toString()
    .replaceAll('%VERSION%', process.env.PLUGIN_VERSION ?? pkg.version)
    .replaceAll('%TODAY%', built);

export default (_, { mode }) => ({
  context: path.join(here, 'src'),
  entry: { module: './module.ts' },
  devtool: mode === 'production' ? 'source-map' : 'eval-source-map',
  externals: ['react', 'react/jsx-runtime', 'react-dom', 'rxjs', /^@grafana\/(data|runtime|schema|ui)$/],
  module: {
    rules: [
      {
        test: /\.tsx?$/,
        exclude: /node_modules/,
        use: {
          loader: 'swc-loader',
          options: { jsc: { target: 'es2021', parser: { syntax: 'typescript', tsx: true } } },
        },
      },
    ],
  },
  resolve: { extensions: ['.ts', '.tsx', '.js'] },
  output: {
    path: path.join(here, 'dist'),
    filename: '[name].js',
    library: { type: 'amd' },
    publicPath: 'public/plugins/cpas-gtc-datasource/',
    uniqueName: pkg.name,
    // The backend is built into the same folder by go.
    clean: { keep: /gpx_gtc_/ },
  },
  performance: { hints: 'error', maxAssetSize: 300_000, maxEntrypointSize: 300_000 },
  plugins: [
    new CopyPlugin({
      patterns: [
        { from: 'plugin.json', transform: fill },
        { from: 'README.md' },
        { from: 'img', to: 'img' },
        { from: '../CHANGELOG.md', transform: fill },
        { from: '../../../LICENSE', toType: 'file', to: 'LICENSE' },
      ],
    }),
  ],
});
