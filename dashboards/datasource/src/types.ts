import { AdHocVariableFilter, DataSourceJsonData } from '@grafana/data';
import { DataQuery } from '@grafana/schema';

/** What can be asked of the hub. The backend refuses any other. */
export const queryTypes = [
  'sites',
  'alarms',
  'values',
  'points',
  'energy',
  'findings',
  'collectors',
  'works',
  'portfolio',
  'carbon',
  'annotations',
  'variable',
] as const;

export type QueryType = (typeof queryTypes)[number];

/** What a list variable can hold. */
export const variableTypes = [
  'sites',
  'categories',
  'kinds',
  'equipment',
  'points',
  'meters',
  'carriers',
  'devices',
  'priorities',
  'classes',
  'disciplines',
  'rules',
] as const;

export type VariableType = (typeof variableTypes)[number];

/** Lists that filter a query; empty means all. Elements may be template variables. */
export interface Lists {
  sites?: string[];
  categories?: string[];
  kinds?: string[];
  equipment?: string[];
  points?: string[];
  series?: string[];
  meters?: string[];
  carriers?: string[];
  directions?: string[];
  measures?: string[];
  priorities?: string[];
  states?: string[];
  classes?: string[];
  disciplines?: string[];
  rules?: string[];
  what?: string[];
}

export type ListName = keyof Lists;

/** One question to the hub, as the backend reads it. */
export interface GtcQuery extends DataQuery, Lists {
  queryType: QueryType;
  format?: string;
  limit?: number;
  /** The fields that are wanted, in this order: set by provisioned dashboards. */
  fields?: string[];
  /** The field by which rows are sorted, with a minus the greatest first. */
  sort?: string;
  /** The words for a list that is answered and empty. */
  none?: string;
  filters?: AdHocVariableFilter[];

  aggregate?: string;
  interval?: string;
  live?: boolean;
  abnormal?: boolean;

  step?: string;
  unit?: string;
  per?: string;
  group?: string;

  open?: boolean;
  mode?: string;
  inhibited?: boolean;
  register?: string;
  variable?: VariableType;
}

/** Settings that everybody may read. */
export interface GtcOptions extends DataSourceJsonData {
  /** Address of the hub's console, https://gtc.example.be */
  url?: string;
  language?: Language;
  timeoutSeconds?: number;
  cacheSeconds?: number;
  tlsSkipVerify?: boolean;
  tlsAuth?: boolean;
  tlsAuthWithCACert?: boolean;
  serverName?: string;
}

/** Settings that only the backend reads. */
export interface GtcSecrets {
  token?: string;
  tlsCACert?: string;
  tlsClientCert?: string;
  tlsClientKey?: string;
}

export type Language = 'fr' | 'nl' | 'en';

/** One choice of a list, as the hub gives it. */
export interface Choice {
  text: string;
  value: string;
}
