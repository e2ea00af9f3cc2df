import React from 'react';

import { Fields, EditorProps } from './QueryEditor';

/** The editor of a dashboard variable: a list, narrowed by what it depends on. */
export function VariableEditor({ query, datasource, onChange, onRunQuery }: EditorProps) {
  return (
    <Fields
      query={{ ...query, queryType: 'variable', variable: query.variable ?? 'sites' }}
      source={datasource}
      onChange={(next) => {
        onChange(next);
        onRunQuery();
      }}
    />
  );
}
