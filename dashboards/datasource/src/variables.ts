import { CustomVariableSupport, DataQueryRequest, DataQueryResponse } from '@grafana/data';
import { Observable } from 'rxjs';

import { VariableEditor } from './components/VariableEditor';
import { GtcDataSource } from './datasource';
import { GtcQuery } from './types';

/** Dashboard variables: a list of sites, equipment, meters… asked like any query. */
export class GtcVariables extends CustomVariableSupport<GtcDataSource, GtcQuery> {
  editor = VariableEditor;

  constructor(private readonly source: GtcDataSource) {
    super();
  }

  getDefaultQuery(): Partial<GtcQuery> {
    return { queryType: 'variable', variable: 'sites' };
  }

  query(request: DataQueryRequest<GtcQuery>): Observable<DataQueryResponse> {
    // Grafana gives a variable's query no refId, and the backend keys answers by it.
    const targets = request.targets.map((target, i) => ({
      ...target,
      queryType: 'variable' as const,
      refId: target.refId || `V${i}`,
    }));
    return this.source.query({ ...request, targets });
  }
}
