import { DataSourcePlugin } from '@grafana/data';

import { ConfigEditor } from './components/ConfigEditor';
import { QueryEditor } from './components/QueryEditor';
import { GtcDataSource } from './datasource';
import { GtcOptions, GtcQuery, GtcSecrets } from './types';

export const plugin = new DataSourcePlugin<GtcDataSource, GtcQuery, GtcOptions, GtcSecrets>(GtcDataSource)
  .setConfigEditor(ConfigEditor)
  .setQueryEditor(QueryEditor);
