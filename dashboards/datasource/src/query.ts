import { GtcQuery, ListName, QueryType } from './types';

/** The list fields of a query, in which template variables may stand. */
export const listNames: ListName[] = [
  'sites',
  'categories',
  'kinds',
  'equipment',
  'points',
  'series',
  'meters',
  'carriers',
  'directions',
  'measures',
  'priorities',
  'states',
  'classes',
  'disciplines',
  'rules',
  'what',
];

/** A new panel asks how the park is: the one question that needs no choice. */
export const firstQuery: Partial<GtcQuery> = { queryType: 'sites' };

/** What a query of a type starts with; the backend's own defaults stay unsaid. */
const starts: Partial<Record<QueryType, Partial<GtcQuery>>> = {
  energy: { carriers: ['gas'], step: 'day', unit: 'kwh', measures: ['actual', 'expected', 'low', 'high'] },
  findings: { open: true },
  alarms: { mode: 'current' },
  annotations: { what: ['alarms', 'works', 'findings'], priorities: ['1', '2'] },
  variable: { variable: 'sites' },
};

/**
 * Turns a query into one of another type. The choice of sites stays: whoever
 * looks at one site wants to go on looking at it.
 */
export function withType(query: GtcQuery, queryType: QueryType): GtcQuery {
  const { refId, datasource, hide, key, sites } = query;
  return { refId, datasource, hide, key, sites, queryType, ...starts[queryType] };
}

/** Reports whether the query can be asked: a points query without points cannot. */
export function isComplete(query: GtcQuery): boolean {
  switch (query.queryType) {
    case undefined:
      return false;
    case 'points':
      return Boolean(query.points?.length || query.series?.length);
    case 'variable':
      return Boolean(query.variable);
    default:
      return true;
  }
}

/** Puts the values of template variables into every list and text of a query. */
export function interpolate(query: GtcQuery, replace: (text: string) => string): GtcQuery {
  const out: GtcQuery = { ...query };
  for (const name of listNames) {
    const list = query[name];
    if (list) {
      out[name] = list.map(replace);
    }
  }
  for (const name of ['interval', 'step', 'unit', 'per', 'group', 'aggregate', 'none'] as const) {
    const text = query[name];
    if (text) {
      out[name] = replace(text);
    }
  }
  return out;
}
