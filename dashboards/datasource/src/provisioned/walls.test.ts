// What people see of the provisioned panels, by Grafana's own rules: the words
// for a question that failed, and whether they can be read.
import { readdirSync, readFileSync } from 'node:fs';
import {
  applyFieldOverrides,
  colorManipulator,
  createTheme,
  DataFrame,
  FieldConfigOptionsRegistry,
  FieldConfigProperty,
  FieldType,
  getFieldDisplayValues,
  toDataFrame,
} from '@grafana/data';
import { toDataQueryResponse } from '@grafana/runtime';
import { getTextColorForAlphaBackground } from '@grafana/ui';
import path from 'node:path';

const folder = path.resolve(__dirname, '../../../grafana/dashboards');
const dashboards = readdirSync(folder)
  .filter((name) => name.endsWith('.json'))
  .map((name) => JSON.parse(readFileSync(path.join(folder, name), 'utf8')));
const panels: Array<[string, any]> = dashboards.flatMap((d) => d.panels.map((p: any, i: number) => [`${d.uid} ${i} ${p.type} ${p.title}`, p]));
const tiles = panels.filter(([, p]) => p.type === 'stat' || p.type === 'bargauge');
const themes = { light: createTheme({ colors: { mode: 'light' } }), dark: createTheme({ colors: { mode: 'dark' } }) };
const theme = themes.light;

const registry = new FieldConfigOptionsRegistry(() =>
  Object.values(FieldConfigProperty).map(
    (id) => ({ id, path: id, name: id, process: (v: unknown) => v, shouldApply: () => true, override: () => null, editor: () => null }) as any
  )
);

function shown(panel: any, frames: DataFrame[]) {
  const data = applyFieldOverrides({ data: frames, fieldConfig: panel.fieldConfig, replaceVariables: (v) => v, theme, fieldConfigRegistry: registry });
  return getFieldDisplayValues({ fieldConfig: panel.fieldConfig, reduceOptions: panel.options.reduceOptions, replaceVariables: (v) => v, theme, data }).map(
    (v) => v.display
  );
}

/** What the backend's answer becomes in the browser. */
const received = (result: any) => toDataQueryResponse({ data: { results: { A: result } } } as any).data.map((f) => toDataFrame(f));

test.each(tiles)('%s says that there is no answer', (_, panel) => {
  for (const frames of [[], [toDataFrame({ fields: [] })], received({ error: 'Le centre GTC ne répond pas', status: 503 })]) {
    const [only, ...others] = shown(panel, frames);
    expect(others).toEqual([]);
    expect(only.text).toMatch(/^▨ (inconnu|\?|pas de réponse)/);
  }
});

const field = (name: string, value: string | null, type = FieldType.string) => ({ name, type, values: [value], config: {} });
const boards = tiles.filter(([, p]) => p.targets[0].none && p.options.reduceOptions.values);

test('there are boards', () => {
  expect(boards.length).toBeGreaterThanOrEqual(6);
});

test.each(boards)('%s says what an empty answer means, and where', (_, panel) => {
  const answer = toDataFrame({ fields: [field('site_label', 'Tous les sites'), field('tile', panel.targets[0].none)] });
  const [only] = shown(panel, [answer]);
  expect([only.title, only.text]).toEqual(['Tous les sites', panel.targets[0].none]);
});

// A failed summary comes with a row of absent values under the names of its
// fields: each tile still says what it is that is not known.
const numbers = tiles.filter(([, p]) => ['summary', 'total'].includes(p.targets[0].format) && p.options.textMode === 'value_and_name');

test.each(numbers)('%s keeps its name when the question fails', (_, panel) => {
  const schema = { fields: panel.targets[0].fields.map((name: string) => ({ name, type: 'string', typeInfo: { frame: 'string', nullable: true } })) };
  const frames = received({ error: 'x', status: 503, frames: [{ schema, data: { values: panel.targets[0].fields.map(() => [null]) } }] });
  for (const one of shown(panel, frames)) {
    expect(one.text).toMatch(/^▨ (inconnu|\?|pas de réponse)/);
    expect(one.title).toMatch(/\p{Lu}/u);
  }
});

/** The colours that values of a panel can have, with how they are drawn. */
function colours(panel: any): Array<{ color: string; ground: boolean }> {
  const found: Array<{ color: string; ground: boolean }> = [];
  const collect = (config: any, ground: boolean) => {
    const results = (config.mappings ?? []).flatMap((m: any) => (m.type === 'value' ? Object.values<any>(m.options) : [m.options.result]));
    const steps = config.thresholds?.steps ?? [];
    [...results, ...steps].forEach(({ color }) => color && found.push({ color, ground }));
  };
  if (panel.type === 'stat') {
    collect(panel.fieldConfig.defaults, /^background/.test(panel.options.colorMode));
  }
  for (const o of panel.fieldConfig?.overrides ?? []) {
    const config = Object.fromEntries(o.properties.map((p: any) => [p.id, p.value]));
    if (panel.type === 'stat' || config['custom.cellOptions']?.type === 'color-text') {
      collect(config, panel.type === 'stat' && /^background/.test(panel.options.colorMode));
    }
  }
  return found;
}

test('every value and every tile can be read', () => {
  const { getContrastRatio } = colorManipulator;
  let checked = 0;
  for (const [name, panel] of panels) {
    for (const { color, ground } of colours(panel)) {
      const value = theme.visualization.getColorByName(color);
      const ratio = ground
        ? getContrastRatio(getTextColorForAlphaBackground(value, false), value)
        : getContrastRatio(value, theme.colors.background.primary);
      expect([name, color, ratio >= 4.5]).toEqual([name, color, true]);
      checked++;
    }
  }
  expect(checked).toBeGreaterThan(100);
});
