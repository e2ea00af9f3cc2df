import { QueryEditorProps } from '@grafana/data';
import { Alert, InlineField, Select } from '@grafana/ui';
import React from 'react';

import { GtcDataSource } from '../datasource';
import { fieldsOf, withPart } from '../fields';
import { speak, speakValue } from '../messages/messages';
import { isComplete, withType } from '../query';
import { GtcOptions, GtcQuery, QueryType, queryTypes } from '../types';
import { Control } from './Controls';

export type EditorProps = QueryEditorProps<GtcDataSource, GtcQuery, GtcOptions>;

// Annotations and variables have editors of their own.
const choosable = queryTypes.filter((t) => t !== 'annotations' && t !== 'variable');

/** The editor of a panel's query: what is asked, then only the controls it needs. */
export function QueryEditor({ query, datasource, onChange, onRunQuery }: EditorProps) {
  const t = speak(datasource.language);
  const change = (next: GtcQuery) => {
    onChange(next);
    if (isComplete(next)) {
      onRunQuery();
    }
  };
  return (
    <div>
      <InlineField label={t('field.queryType')} labelWidth={20}>
        <Select
          aria-label={t('field.queryType')}
          width={50}
          options={choosable.map((v) => ({ label: speakValue(datasource.language, 'type', v), value: v }))}
          value={query.queryType ?? 'sites'}
          onChange={({ value }) => change(withType(query, value as QueryType))}
        />
      </InlineField>
      <Fields query={query} source={datasource} onChange={change} />
      {query.queryType === 'points' && !isComplete(query) && <Alert severity="info" title={t('hint.points')} />}
    </div>
  );
}

interface FieldsProps {
  query: GtcQuery;
  source: GtcDataSource;
  onChange: (query: GtcQuery) => void;
}

/** The controls of the query's type. */
export function Fields({ query, source, onChange }: FieldsProps) {
  return (
    <>
      {fieldsOf(query).map((field) => (
        <Control
          key={`${query.queryType}.${field.name}`}
          field={field}
          query={query}
          source={source}
          onChange={(part) => onChange(withPart(query, part))}
        />
      ))}
    </>
  );
}
