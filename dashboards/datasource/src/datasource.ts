import {
  AdHocVariableFilter,
  CoreApp,
  DataSourceInstanceSettings,
  MetricFindValue,
  ScopedVars,
} from '@grafana/data';
import { DataSourceWithBackend, getTemplateSrv, TemplateSrv } from '@grafana/runtime';

import { AnnotationEditor } from './components/AnnotationEditor';
import { firstQuery, interpolate, isComplete } from './query';
import { Choice, GtcOptions, GtcQuery, Language } from './types';
import { GtcVariables } from './variables';

/** The data source in the browser: all questions go to the backend beside Grafana. */
export class GtcDataSource extends DataSourceWithBackend<GtcQuery, GtcOptions> {
  readonly language: Language;

  constructor(
    settings: DataSourceInstanceSettings<GtcOptions>,
    private readonly templates: TemplateSrv = getTemplateSrv()
  ) {
    super(settings);
    this.language = settings.jsonData.language ?? 'fr';
    this.variables = new GtcVariables(this);
    this.annotations = {
      QueryEditor: AnnotationEditor,
      getDefaultQuery: () => ({ queryType: 'annotations', what: ['alarms', 'works', 'findings'], priorities: ['1', '2'] }),
    };
  }

  getDefaultQuery(_: CoreApp): Partial<GtcQuery> {
    return firstQuery;
  }

  filterQuery(query: GtcQuery): boolean {
    return !query.hide && isComplete(query);
  }

  applyTemplateVariables(query: GtcQuery, scoped: ScopedVars, filters?: AdHocVariableFilter[]): GtcQuery {
    const out = interpolate(query, (text) => this.templates.replace(text, scoped, 'csv'));
    const all = [...(query.filters ?? []), ...(filters ?? [])];
    return all.length > 0 ? { ...out, filters: all } : out;
  }

  interpolateVariablesInQueries(queries: GtcQuery[], scoped: ScopedVars, filters?: AdHocVariableFilter[]): GtcQuery[] {
    return queries.map((query) => this.applyTemplateVariables(query, scoped, filters));
  }

  getTagKeys(): Promise<MetricFindValue[]> {
    return this.getResource('tag-keys');
  }

  getTagValues(options: { key: string }): Promise<MetricFindValue[]> {
    return this.getResource('tag-values', { key: options.key });
  }

  /** The choices of a list, narrowed by what is chosen already. */
  choices(type: string, chosen: { site?: string[]; kind?: string[]; equipment?: string[]; carrier?: string[] }): Promise<Choice[]> {
    const narrowed: Record<string, string[]> = {};
    for (const [name, list] of Object.entries(chosen)) {
      const values = (list ?? []).flatMap((text) => this.templates.replace(text, {}, 'csv').split(',')).filter(isValue);
      if (values.length > 0) {
        narrowed[name] = values;
      }
    }
    return this.getResource('variables', { type, ...narrowed });
  }

  /** The dashboard's variables, written as they stand in a query. */
  variableNames(): string[] {
    return this.templates.getVariables().map((v) => `$${v.name}`);
  }
}

// "All" and a variable that is not known narrow nothing.
function isValue(text: string): boolean {
  return text !== '' && text !== '*' && text !== '$__all' && text !== '__all' && !text.startsWith('$');
}
