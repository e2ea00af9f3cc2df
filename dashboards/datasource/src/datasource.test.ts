import { DataSourceInstanceSettings } from '@grafana/data';
import { TemplateSrv } from '@grafana/runtime';

import { GtcDataSource } from './datasource';
import { GtcOptions, GtcQuery } from './types';
import { GtcVariables } from './variables';

// Grafana's own template service lives in the running Grafana; this one knows two variables.
const templates: TemplateSrv = {
  getVariables: () => [{ name: 'site' }, { name: 'genre' }] as never,
  replace: (text = '', _scoped?: unknown, format?: unknown) => {
    expect(format).toBe('csv');
    return text.replace('$site', 'dampremy,jumet').replace('$genre', '$__all');
  },
  containsTemplate: () => false,
  updateTimeRange: () => undefined,
};

const source = (jsonData: GtcOptions = {}) =>
  new GtcDataSource({ jsonData, id: 1, uid: 'u', type: 'cpas-gtc-datasource', name: 'GTC' } as DataSourceInstanceSettings<GtcOptions>, templates);

const query = (part: Partial<GtcQuery>): GtcQuery => ({ refId: 'A', queryType: 'alarms', ...part });

it('speaks French unless told otherwise', () => {
  expect(source().language).toBe('fr');
  expect(source({ language: 'nl' }).language).toBe('nl');
});

it('asks neither hidden nor incomplete queries', () => {
  expect(source().filterQuery(query({}))).toBe(true);
  expect(source().filterQuery(query({ hide: true }))).toBe(false);
  expect(source().filterQuery(query({ queryType: 'points' }))).toBe(false);
});

it('hands over the dashboard’s filters beside the query’s own', () => {
  const own = { key: 'site', operator: '=', value: 'jumet' };
  const dashboard = { key: 'priority', operator: '<', value: '3' };
  const got = source().applyTemplateVariables(query({ sites: ['$site'], filters: [own] }), {}, [dashboard]);
  expect(got).toEqual(query({ sites: ['dampremy,jumet'], filters: [own, dashboard] }));
});

it('leaves a query without filters without filters', () => {
  expect(source().applyTemplateVariables(query({}), {})).toEqual(query({}));
});

describe('choices', () => {
  it.each([
    [{}, { type: 'equipment' }],
    [{ site: [] }, { type: 'equipment' }],
    [{ site: ['$site', 'gilly'] }, { type: 'equipment', site: ['dampremy', 'jumet', 'gilly'] }],
    [{ site: ['$__all'], kind: ['$genre'] }, { type: 'equipment' }],
    [{ site: ['$inconnue'] }, { type: 'equipment' }],
  ])('%#: %j asks for %j', async (chosen, want) => {
    const s = source();
    const asked = jest.spyOn(s, 'getResource').mockResolvedValue([{ text: 'Chaudière 2', value: 'chaudiere-2' }]);
    await expect(s.choices('equipment', chosen)).resolves.toEqual([{ text: 'Chaudière 2', value: 'chaudiere-2' }]);
    expect(asked).toHaveBeenCalledWith('variables', want);
  });
});

it('offers the dashboard’s variables', () => {
  expect(source().variableNames()).toEqual(['$site', '$genre']);
});

it('asks a variable’s query under a name, as a variable', () => {
  const s = source();
  const asked = jest.spyOn(s, 'query').mockReturnValue(undefined as never);
  new GtcVariables(s).query({ targets: [{ refId: '', queryType: 'sites', variable: 'kinds' }] } as never);
  expect(asked.mock.calls[0][0].targets).toEqual([{ refId: 'V0', queryType: 'variable', variable: 'kinds' }]);
});
