import { readdirSync, readFileSync } from 'node:fs';
import { colorManipulator, createTheme, FieldColorModeId, FieldType, getFieldSeriesColor } from '@grafana/data';
import path from 'node:path';

import grafana from '@grafana/schema/package.json';

import { check } from './check';
import { custom } from './registered';
import { Checker, part, readSchema, Schema } from './schema';

const folder = path.resolve(__dirname, '../../../grafana/dashboards');
const files = readdirSync(folder).filter((name) => name.endsWith('.json'));
const read = (name: string) => JSON.parse(readFileSync(path.join(folder, name), 'utf8'));

let schema: Schema;
beforeAll(() => {
  schema = readSchema();
}, 60_000);

test('there are dashboards', () => {
  expect(files.length).toBeGreaterThanOrEqual(11);
});

test.each(files)('%s is what Grafana knows', (name) => {
  expect(check(read(name), schema)).toEqual([]);
});

// Without it Grafana takes a panel for one of its oldest versions and rewrites
// it: of the series of an xychart nothing would be left.
test.each(files)('%s says for which Grafana its panels were written', (name) => {
  for (const panel of read(name).panels) {
    if (panel.type !== 'row') {
      expect(panel.pluginVersion).toBe(grafana.version);
    }
  }
});

test('what is registered is in the types', () => {
  const checker = new Checker();
  for (const [kind, names] of Object.entries(custom)) {
    for (const name of names) {
      const found = part(schema, 'custom', kind, ...name.split('.'));
      // These two are members of the editor alone.
      checker.require(kind, found !== undefined || ['spanNulls', 'insertNulls'].includes(name), `no ${name}`);
    }
  }
  expect(checker.found).toEqual([]);
});

describe('a mistake is found', () => {
  const kinds = ['stat', 'timeseries', 'table', 'bargauge', 'xychart', 'heatmap', 'trend', 'state-timeline', 'text', 'row'];
  const all = files.flatMap((name) => read(name).panels);

  test.each(kinds)('in the options of %s', (kind) => {
    const panel = all.find((p) => p.type === kind);
    const wrong = kind === 'row' ? { ...panel, colapsed: true } : { ...panel, options: { ...panel.options, lengend: {} } };
    expect(check(withPanel(wrong), schema).join()).toMatch(/must NOT have additional properties (lengend|colapsed)/);
  });

  const curve = () => clone(all.find((p) => p.type === 'timeseries'));
  const scatter = () => clone(all.find((p) => p.type === 'xychart'));
  const cases: Array<[string, RegExp, () => unknown]> = [
    ['a value that no list has', /legend\/placement must be equal to one of/, () => put(curve(), 'options.legend.placement', 'botom')],
    ['a member of defaults', /additional properties decimal\b/, () => put(curve(), 'fieldConfig.defaults.decimal', 1)],
    ['a member of custom', /additional properties lineWith/, () => put(curve(), 'fieldConfig.defaults.custom.lineWith', 1)],
    ['a mapping', /mappings/, () => put(curve(), 'fieldConfig.defaults.mappings', [{ type: 'value', options: { a: { colour: 'x' } } }])],
    ['an override', /has no property custom.lineWith/, () => override(curve(), 'custom.lineWith', 1)],
    ['an override that is not registered', /xychart has no property custom.pointSize$/, () => override(scatter(), 'custom.pointSize', { fixed: 1 })],
    ['the value of an override', /custom.lineWidth must be number/, () => override(curve(), 'custom.lineWidth', '1')],
    ['a unit', /no unit celcius/, () => override(curve(), 'unit', 'celcius')],
    ['a range of its own', /no range sept jours/, () => put(curve(), 'timeFrom', 'sept jours')],
    ['a calculation', /no calculation lastNotNul$/, () => put(clone(all.find((p) => p.type === 'stat')), 'options.reduceOptions.calcs', ['lastNotNul'])],
    ['a transformation', /no transformation renameByRegexp/, () => put(curve(), 'transformations', [{ id: 'renameByRegexp', options: {} }])],
    ['an option of a transformation', /renameByRegex has no option pattern/, () => put(curve(), 'transformations', [{ id: 'renameByRegex', options: { pattern: '' } }])],
    ['a question', /additional properties site$/, () => put(curve(), 'targets', [{ refId: 'A', queryType: 'sites', site: 'a' }])],
  ];
  test.each(cases)('in %s', (_, says, panel) => {
    expect(check(withPanel(panel()), schema).join('\n')).toMatch(new RegExp(says.source, 'm'));
  });

  test('in the dashboard, its links, variables and annotations', () => {
    const wrong = read('gtc-site.json');
    wrong.refreh = '10s';
    wrong.links[0].asDropDown = true;
    wrong.templating.list[0].lable = '';
    wrong.annotations.list[0].colour = '';
    const found = check(wrong, schema).join('\n');
    for (const name of ['refreh', 'asDropDown', 'lable', 'colour']) {
      expect(found).toContain(`must NOT have additional properties ${name}`);
    }
  });
});

const clone = (value: unknown) => JSON.parse(JSON.stringify(value));

const withPanel = (panel: unknown) => ({ schemaVersion: 41, panels: [panel] });

function put(panel: any, where: string, value: unknown) {
  const names = where.split('.');
  const last = names.pop()!;
  names.reduce((o, name) => (o[name] ??= {}), panel)[last] = value;
  return panel;
}

const override = (panel: any, id: string, value: unknown) =>
  put(panel, 'fieldConfig.overrides', [{ matcher: { id: 'byName', options: 'x' }, properties: [{ id, value }] }]);

// Curves are told apart by how dark they are: the palest shade is still seen.
test('every shade of a curve stands out from the panel', () => {
  const theme = createTheme({ colors: { mode: 'light' } });
  const bases = new Set(files.flatMap((name) => read(name).panels.flatMap((p: any) => shadesOf(p.fieldConfig?.defaults.color))));
  expect(bases.size).toBe(1);
  for (const fixedColor of bases) {
    const shades = Array.from({ length: 12 }, (_, seriesIndex) => {
      const config = { color: { mode: FieldColorModeId.Shades, fixedColor: String(fixedColor) } };
      return getFieldSeriesColor({ name: '', type: FieldType.number, values: [], config, state: { seriesIndex } }, theme).color;
    });
    expect(new Set(shades).size).toBeGreaterThan(6);
    for (const shade of shades) {
      expect(colorManipulator.getContrastRatio(shade, theme.colors.background.primary)).toBeGreaterThanOrEqual(3);
    }
  }
});

const shadesOf = (color?: { mode: string; fixedColor: string }) => (color?.mode === 'shades' ? [color.fixedColor] : []);
