import { GtcQuery, ListName, QueryType, variableTypes } from './types';

/** A list whose choices the hub knows, narrowed by the lists chosen before it. */
export interface HubList {
  kind: 'hub';
  name: ListName;
  /** The hub's name of the list. */
  source: string;
}

/** A list or a single choice from fixed values. */
export interface FixedList {
  kind: 'fixed';
  name: ListName;
  values: readonly string[];
}

export interface Single {
  kind: 'single';
  name: 'format' | 'aggregate' | 'step' | 'unit' | 'per' | 'group' | 'mode' | 'register' | 'variable';
  values: readonly string[];
}

export interface Switch {
  kind: 'switch';
  name: 'live' | 'abnormal' | 'open' | 'inhibited';
  /** What the backend takes when nothing is said. */
  start: boolean;
}

export interface Text {
  kind: 'text';
  name: 'interval' | 'limit' | 'none';
}

/** One control of the editor. */
export type Field = HubList | FixedList | Single | Switch | Text;

const hub = (name: ListName, source: string = name): HubList => ({ kind: 'hub', name, source });
const fixed = (name: ListName, ...values: string[]): FixedList => ({ kind: 'fixed', name, values });
const single = (name: Single['name'], ...values: string[]): Single => ({ kind: 'single', name, values });
const limit: Text = { kind: 'text', name: 'limit' };
const none: Text = { kind: 'text', name: 'none' };

const priorities = fixed('priorities', '1', '2', '3', '4');
const equipment = [hub('sites'), hub('kinds'), hub('equipment'), hub('points')];

/**
 * The controls of each query type, in the order in which one narrows down.
 * The first value of a single choice is what the backend takes when none is said.
 */
const fields: Record<QueryType, readonly Field[]> = {
  sites: [hub('sites'), hub('categories'), fixed('states', 'alarm', 'unknown', 'stale', 'drift', 'normal'), single('format', 'table', 'summary', 'numeric'), fixed('measures', 'p1', 'p2', 'p3', 'p4', 'unknown', 'linked', 'stale_points', 'age_s', 'late_s', 'waiting', 'lost'), none],
  alarms: [
    single('mode', 'current', 'history'),
    hub('sites'),
    priorities,
    hub('classes'),
    hub('disciplines'),
    { kind: 'switch', name: 'inhibited', start: false },
    single('format', 'table', 'summary', 'count', 'numeric'),
    fixed('measures', 'p1', 'p2', 'p3', 'p4', 'total', 'unacknowledged', 'oldest_unacknowledged_s', 'inhibited'),
    limit,
    none,
  ],
  values: [...equipment, { kind: 'switch', name: 'abnormal', start: false }, single('format', 'table', 'numeric'), limit, none],
  points: [
    ...equipment,
    single('aggregate', 'auto', 'mean', 'min', 'max', 'last', 'first', 'sum', 'count', 'spread', 'raw'),
    { kind: 'text', name: 'interval' },
    single('format', 'time_series', 'wide'),
    { kind: 'switch', name: 'live', start: false },
  ],
  energy: [
    hub('sites'),
    hub('carriers'),
    hub('meters'),
    fixed('directions', 'import', 'export', 'production'),
    fixed('measures', 'actual', 'expected', 'low', 'high', 'compared', 'residual', 'residual_pct', 'cusum', 'coverage', 'temperature', 'dj15'),
    single('step', 'day', 'hour', 'week', 'month', 'year'),
    single('unit', 'kwh', 'eur', 'kgco2', 'm3'),
    single('per', '', 'm2', 'dj15', 'm2dj15'),
    single('group', 'meter', 'site', 'carrier', 'park'),
    single('format', 'auto', 'wide', 'table', 'total', 'signature', 'carpet', 'duration'),
    none,
  ],
  findings: [
    hub('sites'),
    hub('carriers'),
    fixed('kinds', 'drift', 'saving', 'data'),
    hub('rules'),
    { kind: 'switch', name: 'open', start: true },
    single('format', 'table', 'summary', 'numeric'),
    fixed('measures', 'count', 'kwh_per_week', 'eur_per_week', 'kgco2_per_week'),
    limit,
    none,
  ],
  collectors: [
    hub('sites'),
    single('format', 'devices', 'edges', 'numeric'),
    fixed('measures', 'linked', 'backlog', 'waiting', 'late_s', 'lost', 'online', 'offline', 'unknown', 'stale_points'),
    limit,
    none,
  ],
  works: [hub('sites'), single('register', 'maintenance', 'energy'), limit, none],
  portfolio: [limit, none],
  carbon: [limit, none],
  annotations: [fixed('what', 'alarms', 'works', 'findings'), hub('sites'), priorities],
  variable: [single('variable', ...variableTypes), hub('sites'), hub('kinds'), hub('equipment'), hub('carriers')],
};

// Only what depends on something is narrowed by it: a variable "sites" by nothing.
const narrowing: Partial<Record<string, ListName[]>> = {
  equipment: ['sites', 'kinds'],
  points: ['sites', 'kinds', 'equipment'],
  meters: ['sites', 'carriers'],
  devices: ['sites'],
  kinds: ['sites'],
};

/** Reports whether the answer is a list: of a curve it cannot be said that it is empty. */
export function isList(query: GtcQuery): boolean {
  switch (query.queryType) {
    case 'points':
    case 'annotations':
    case 'variable':
      return false;
    case 'alarms':
      return query.format !== 'count';
    case 'energy':
      return query.format === 'table' || query.format === 'total';
    default:
      return true;
  }
}

/** Puts a choice into a query. Words for an empty list leave together with the list. */
export function withPart(query: GtcQuery, part: Partial<GtcQuery>): GtcQuery {
  const { none, ...next } = { ...query, ...part };
  return none && isList(next) ? { ...next, none } : next;
}

/** The controls that a query shows. */
export function fieldsOf(query: GtcQuery): readonly Field[] {
  const all = fields[query.queryType] ?? [];
  if (query.queryType === 'variable') {
    const by = narrowing[query.variable ?? 'sites'] ?? [];
    return all.filter((f) => f.name === 'variable' || by.includes(f.name as ListName));
  }
  return all.filter((f) => (f.name !== 'none' || isList(query)) && (f.name !== 'inhibited' || query.mode !== 'history'));
}
