// Holds a provisioned dashboard against what Grafana publishes of itself: its
// types, and the registries of @grafana/data. Grafana passes over what it does
// not know without a word, so that a misspelt member shows as a wrong picture.
import {
  dateMath,
  fieldMatchers,
  fieldReducers,
  getValueFormats,
  rangeUtil,
  standardTransformers,
  textUtil,
} from '@grafana/data';

import { custom, standard } from './registered';
import { Checker, part, Schema } from './schema';

/** Says all that is wrong with a dashboard, nothing when it is right. */
export function check(dashboard: any, schema: Schema, checker = new Checker()): string[] {
  const { panels = [], annotations, templating, ...rest } = dashboard;
  checker.hold('dashboard', rest, part(schema, 'dashboard'));
  for (const t of [rest.time?.from, rest.time?.to]) {
    checker.require('dashboard', t === undefined || dateMath.isValid(t), `no time ${t}`);
  }
  for (const v of templating?.list ?? []) {
    const place = `variable ${v.name}`;
    checker.hold(place, v, part(schema, 'variable'));
    if (typeof v.query === 'object') {
      checker.hold(`${place} query`, v.query, part(schema, 'gtc'));
    }
  }
  for (const a of annotations?.list ?? []) {
    checker.hold(`annotation ${a.name}`, a, part(schema, 'annotation'));
  }
  panels.forEach((p: any, i: number) => checkPanel(`panel ${i} ${p.type} «${p.title}»`, p, schema, checker));
  return checker.found;
}

function checkPanel(place: string, panel: any, schema: Schema, checker: Checker): void {
  if (panel.type === 'row') {
    checker.hold(place, panel, part(schema, 'row'));
    return;
  }
  checker.hold(place, panel, part(schema, 'panel'));
  checker.hold(`${place} options`, panel.options ?? {}, part(schema, 'options', panel.type));
  for (const q of panel.targets ?? []) {
    checker.hold(`${place} ${q.refId}`, q, part(schema, q.datasource?.type === 'influxdb' ? 'influx' : 'gtc'));
  }
  const { timeFrom } = panel;
  checker.require(place, timeFrom === undefined || !rangeUtil.describeTextRange(timeFrom).invalid, `no range ${timeFrom}`);
  for (const id of panel.options?.reduceOptions?.calcs ?? []) {
    checker.require(place, fieldReducers.getIfExists(id) !== undefined, `no calculation ${id}`);
  }
  if (panel.type === 'text') {
    checker.require(place, textUtil.sanitizeTextPanelContent(panel.options.content) === panel.options.content, 'Grafana takes away a part of the text');
  }
  checkFields(place, panel, schema, checker);
  checkTransformations(place, panel, checker);
}

function checkFields(place: string, panel: any, schema: Schema, checker: Checker): void {
  const { defaults, overrides } = panel.fieldConfig;
  checker.hold(`${place} custom`, defaults.custom ?? {}, partial(part(schema, 'custom', panel.type)));
  for (const name of paths(defaults.custom ?? {}, custom[panel.type] ?? [])) {
    checker.require(place, custom[panel.type]?.includes(name) === true, `custom.${name} is not registered`);
  }
  checkUnit(place, defaults.unit, checker);
  for (const l of defaults.links ?? []) {
    checker.hold(`${place} link`, l, part(schema, 'link'));
  }
  for (const o of overrides) {
    const where = `${place} override of ${JSON.stringify(o.matcher.options)}`;
    checker.require(where, fieldMatchers.getIfExists(o.matcher.id) !== undefined, `no matcher ${o.matcher.id}`);
    for (const p of o.properties) {
      checkProperty(where, panel.type, p, schema, checker);
    }
  }
}

function checkProperty(place: string, kind: string, property: { id: string; value?: any }, schema: Schema, checker: Checker): void {
  const { id, value } = property;
  const own = id.startsWith('custom.') ? id.slice('custom.'.length) : undefined;
  const known = own === undefined ? standard(kind) : (custom[kind] ?? []);
  checker.require(place, known.includes(own ?? id), `${kind} has no property ${id}`);
  const shape = own === undefined ? part(schema, 'field', id) : part(schema, 'custom', kind, ...own.split('.'));
  checker.hold(`${place} ${id}`, value, shape);
  if (id === 'unit') {
    checkUnit(place, value, checker);
  }
  if (id === 'links') {
    value.forEach((l: unknown) => checker.hold(`${place} link`, l, part(schema, 'link')));
  }
}

function checkUnit(place: string, unit: string | undefined, checker: Checker): void {
  const named = getValueFormats().some((group) => group.submenu?.some((u) => u.value === unit));
  checker.require(place, !unit || named || /^(time|suffix|prefix):/.test(unit), `no unit ${unit}`);
}

function checkTransformations(place: string, panel: any, checker: Checker): void {
  for (const t of panel.transformations ?? []) {
    const known: any = Object.values(standardTransformers).find((s) => s.id === t.id);
    checker.require(place, known !== undefined, `no transformation ${t.id}`);
    for (const name of Object.keys(t.options)) {
      checker.require(place, name in (known?.defaultOptions ?? {}), `${t.id} has no option ${name}`);
    }
  }
}

/** Grafana fills in what a field's configuration leaves out. */
const partial = (schema: Schema | undefined): Schema | undefined => schema && { ...schema, required: [] };

/** The members of a field's configuration, by the names under which they are registered. */
function paths(value: any, registered: string[], before = ''): string[] {
  return Object.keys(value).flatMap((name) => {
    const whole = before + name;
    const deeper = registered.some((r) => r.startsWith(`${whole}.`));
    return deeper ? paths(value[name], registered, `${whole}.`) : [whole];
  });
}
