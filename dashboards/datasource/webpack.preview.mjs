// Builds the page that draws dashboards without a Grafana, into var/preview.
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const here = path.dirname(fileURLToPath(import.meta.url));

export default {
  mode: 'development',
  devtool: false,
  context: here,
  entry: { preview: './preview/preview.tsx' },
  module: {
    rules: [
      { test: /\.tsx?$/, exclude: /node_modules/, use: { loader: 'swc-loader', options: { jsc: { target: 'es2022', parser: { syntax: 'typescript', tsx: true } } } } },
      { test: /\.m?js$/, resolve: { fullySpecified: false } },
      { test: /\.css$/, type: 'asset/source' },
    ],
  },
  // The ES modules of this version of @grafana/ui are not whole; its CommonJS is.
  resolve: { conditionNames: ['require', 'browser'], mainFields: ['browser', 'main'], extensions: ['.ts', '.tsx', '.js'], alias: { 'monaco-editor$': false, 'react-monaco-editor$': false }, fallback: { stream: false, fs: false, path: false, util: false } },
  output: { path: path.join(here, '../../var/preview'), filename: '[name].js' },
  optimization: { splitChunks: false },
  performance: { hints: false },
};
