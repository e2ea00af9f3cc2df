import { fieldsOf } from './fields';
import { interpolate, isComplete, listNames, withType } from './query';
import { GtcQuery, queryTypes } from './types';

const query = (part: Partial<GtcQuery>): GtcQuery => ({ refId: 'A', queryType: 'sites', ...part });

describe('withType', () => {
  it('keeps the panel’s own fields and the chosen sites, and nothing else', () => {
    const from = query({ queryType: 'points', sites: ['dampremy'], points: ['flow_temp'], hide: true, aggregate: 'max' });
    expect(withType(from, 'findings')).toEqual({
      refId: 'A',
      hide: true,
      queryType: 'findings',
      sites: ['dampremy'],
      open: true,
    });
  });

  it.each(queryTypes)('makes a query of type %s whose fields its editor can show', (queryType) => {
    const made = withType(query({}), queryType);
    const shown = fieldsOf(made).map((f) => f.name as string);
    for (const name of Object.keys(made)) {
      if (!['refId', 'queryType', 'hide', 'key', 'datasource', 'sites'].includes(name)) {
        expect(shown).toContain(name);
      }
    }
  });
});

describe('isComplete', () => {
  it.each([
    [query({ queryType: 'points' }), false],
    [query({ queryType: 'points', points: [] }), false],
    [query({ queryType: 'points', points: ['flow_temp'] }), true],
    [query({ queryType: 'points', series: ['a/b/c'] }), true],
    [query({ queryType: 'variable' }), false],
    [query({ queryType: 'variable', variable: 'sites' }), true],
    [query({}), true],
    [{ refId: 'A' } as GtcQuery, false],
  ])('%#: %j is %s', (q, want) => {
    expect(isComplete(q)).toBe(want);
  });
});

describe('interpolate', () => {
  const replace = (text: string) => text.replace('$site', 'dampremy,jumet').replace('$pas', '1h');

  it('replaces in every list and text, and leaves the given query alone', () => {
    const given = query({ queryType: 'points', sites: ['$site'], points: ['flow_temp'], interval: '$pas' });
    expect(interpolate(given, replace)).toEqual({ ...given, sites: ['dampremy,jumet'], interval: '1h' });
    expect(given.sites).toEqual(['$site']);
  });

  it.each(listNames)('replaces in %s', (name) => {
    expect(interpolate(query({ [name]: ['x', '$site'] }), replace)[name]).toEqual(['x', 'dampremy,jumet']);
  });

  it('adds nothing that was not there', () => {
    expect(Object.keys(interpolate(query({}), replace)).sort()).toEqual(['queryType', 'refId']);
  });
});

describe('fieldsOf', () => {
  it('narrows a variable only by what it depends on', () => {
    const names = (variable: GtcQuery['variable']) => fieldsOf(query({ queryType: 'variable', variable })).map((f) => f.name);
    expect(names('sites')).toEqual(['variable']);
    expect(names('equipment')).toEqual(['variable', 'sites', 'kinds']);
    expect(names('meters')).toEqual(['variable', 'sites', 'carriers']);
  });

  it('offers what is inhibited only for what stands now', () => {
    const names = (mode: string) => fieldsOf(query({ queryType: 'alarms', mode })).map((f) => f.name);
    expect(names('current')).toContain('inhibited');
    expect(names('history')).not.toContain('inhibited');
  });
});
