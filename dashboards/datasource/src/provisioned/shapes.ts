// What Grafana 12.0.2 publishes of its dashboards, put together for the check
// of the provisioned files: the document, and for each kind of panel in use its
// options and its own part of a field's configuration.
import type { DataLink } from '@grafana/data';
import type { Dashboard as Whole, DataQuery } from '@grafana/schema';
import type * as bargauge from '@grafana/schema/dist/esm/raw/composable/bargauge/panelcfg/x/BarGaugePanelCfg_types.gen.d.ts';
import type * as heatmap from '@grafana/schema/dist/esm/raw/composable/heatmap/panelcfg/x/HeatmapPanelCfg_types.gen.d.ts';
import type * as stat from '@grafana/schema/dist/esm/raw/composable/stat/panelcfg/x/StatPanelCfg_types.gen.d.ts';
import type * as statetimeline from '@grafana/schema/dist/esm/raw/composable/statetimeline/panelcfg/x/StateTimelinePanelCfg_types.gen.d.ts';
import type * as table from '@grafana/schema/dist/esm/raw/composable/table/panelcfg/x/TablePanelCfg_types.gen.d.ts';
import type * as text from '@grafana/schema/dist/esm/raw/composable/text/panelcfg/x/TextPanelCfg_types.gen.d.ts';
import type * as timeseries from '@grafana/schema/dist/esm/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen.d.ts';
import type * as trend from '@grafana/schema/dist/esm/raw/composable/trend/panelcfg/x/TrendPanelCfg_types.gen.d.ts';
import type * as xychart from '@grafana/schema/dist/esm/raw/composable/xychart/panelcfg/x/XYChartPanelCfg_types.gen.d.ts';
import type * as dashboard from '@grafana/schema/dist/esm/raw/dashboard/x/dashboard_types.gen.d.ts';

import type { GtcQuery } from '../types';

type Nothing = Record<string, never>;

/** A question to InfluxDB, of which Grafana publishes no type. */
interface InfluxQuery extends DataQuery {
  query: string;
  rawQuery: boolean;
  resultFormat: 'time_series' | 'table' | 'logs';
  alias?: string;
}

/** One member for every part that is checked by itself. */
export interface Shapes {
  dashboard: Omit<Whole, 'panels' | 'annotations' | 'templating'>;
  annotation: Omit<dashboard.AnnotationQuery, 'target'> & { target: GtcQuery };
  variable: dashboard.VariableModel;
  panel: dashboard.Panel;
  /** A row has no number here: Grafana gives it one. */
  row: Omit<dashboard.RowPanel, 'id'>;
  field: dashboard.FieldConfig;
  link: Pick<DataLink, 'title' | 'url' | 'targetBlank' | 'oneClick'>;
  gtc: GtcQuery;
  influx: InfluxQuery;
  options: {
    bargauge: bargauge.Options;
    heatmap: heatmap.Options;
    stat: stat.Options;
    'state-timeline': statetimeline.Options;
    table: table.Options;
    text: text.Options;
    timeseries: timeseries.Options;
    trend: trend.Options;
    xychart: xychart.Options;
  };
  custom: {
    bargauge: Nothing;
    heatmap: heatmap.FieldConfig;
    stat: Nothing;
    'state-timeline': statetimeline.FieldConfig;
    table: table.FieldConfig;
    text: Nothing;
    timeseries: timeseries.FieldConfig;
    trend: trend.FieldConfig;
    xychart: xychart.FieldConfig;
  };
}
