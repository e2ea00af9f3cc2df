import React from 'react';

import { Fields, EditorProps } from './QueryEditor';

/** The editor of a dashboard's annotations: alarms, works and findings over its curves. */
export function AnnotationEditor({ query, datasource, onChange }: EditorProps) {
  return <Fields query={{ ...query, queryType: 'annotations' }} source={datasource} onChange={onChange} />;
}
