// The properties of fields that an override can change, by kind of panel, as
// Grafana 12.0 registers them (public/app/plugins/panel/<kind>). It passes over
// any other in silence, also where its own types have the member: of a point's
// size in xychart, pointSize.fixed is registered and pointSize is not.
import { FieldConfigProperty } from '@grafana/data';

const axis = [
  'axisPlacement',
  'axisLabel',
  'axisWidth',
  'axisGridShow',
  'axisColorMode',
  'axisBorderShow',
  'axisCenteredZero',
  'axisSoftMin',
  'axisSoftMax',
  'scaleDistribution',
];

const graph = [
  'drawStyle',
  'lineInterpolation',
  'barAlignment',
  'barWidthFactor',
  'lineWidth',
  'fillOpacity',
  'gradientMode',
  'fillBelowTo',
  'lineStyle',
  'spanNulls',
  'insertNulls',
  'showPoints',
  'pointSize',
  'stacking',
  'transform',
  'hideFrom',
  'thresholdsStyle',
  ...axis,
];

/** The members of custom, by kind of panel. */
export const custom: Record<string, string[]> = {
  bargauge: [],
  heatmap: ['scaleDistribution', 'hideFrom'],
  stat: [],
  'state-timeline': ['lineWidth', 'fillOpacity', 'spanNulls', 'insertNulls', 'hideFrom', 'axisPlacement', 'axisWidth'],
  table: ['minWidth', 'width', 'align', 'cellOptions', 'inspect', 'filterable', 'hidden'],
  timeseries: graph,
  trend: graph,
  xychart: [
    'show',
    'pointSize.fixed',
    'pointSize.min',
    'pointSize.max',
    'pointShape',
    'pointStrokeWidth',
    'fillOpacity',
    'lineStyle',
    'lineWidth',
    'hideFrom',
    ...axis,
  ],
};

/** What every kind of panel has; the heat map switches all of it off but links. */
export const standard = (kind: string): string[] =>
  kind === 'heatmap' ? [FieldConfigProperty.Links, FieldConfigProperty.Actions] : Object.values(FieldConfigProperty);
