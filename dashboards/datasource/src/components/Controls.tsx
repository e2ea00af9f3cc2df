import { SelectableValue } from '@grafana/data';
import { InlineField, InlineSwitch, Input, MultiSelect, Select } from '@grafana/ui';
import React from 'react';

import { GtcDataSource } from '../datasource';
import { Field, FixedList, HubList, Single } from '../fields';
import { Key, speak, speakValue } from '../messages/messages';
import { GtcQuery } from '../types';
import { useChoices } from './useChoices';

interface Props<F extends Field> {
  field: F;
  query: GtcQuery;
  source: GtcDataSource;
  onChange: (part: Partial<GtcQuery>) => void;
}

const labelWidth = 20;
const width = 50;

/** One control of the editor, after its kind. */
export function Control({ field, ...rest }: Props<Field>) {
  switch (field.kind) {
    case 'hub':
      return <HubListControl field={field} {...rest} />;
    case 'fixed':
      return <FixedListControl field={field} {...rest} />;
    case 'single':
      return <SingleControl field={field} {...rest} />;
    default:
      return <PlainControl field={field} {...rest} />;
  }
}

function HubListControl({ field, query, source, onChange }: Props<HubList>) {
  const t = speak(source.language);
  const { choices, loading, problem } = useChoices(source, field.source, query);
  const known = choices.map((c) => ({ label: c.text, value: c.value, description: c.text === c.value ? undefined : c.value }));
  const variables = source.variableNames().map((name) => ({ label: name, value: name }));
  const label = t(`field.${field.name}` as Key);
  return (
    <InlineField label={label} labelWidth={labelWidth} invalid={problem !== ''} error={t('hint.noList') + problem}>
      <MultiSelect
        aria-label={label}
        width={width}
        isLoading={loading}
        options={[...variables, ...known]}
        // What was chosen stays visible although the hub no longer knows it.
        value={(query[field.name] ?? []).map((v) => known.find((k) => k.value === v) ?? { label: v, value: v })}
        placeholder={t(field.name === 'points' && query.queryType === 'points' ? 'hint.choose' : 'hint.all')}
        allowCustomValue
        isClearable
        closeMenuOnSelect={false}
        onChange={(chosen) => onChange({ [field.name]: values(chosen) })}
      />
    </InlineField>
  );
}

function FixedListControl({ field, query, source, onChange }: Props<FixedList>) {
  const label = speak(source.language)(`field.${field.name}` as Key);
  const group = { states: 'state', kinds: 'kind' }[field.name as string] ?? field.name;
  const options = field.values.map((v) => ({ label: speakValue(source.language, group, v), value: v }));
  return (
    <InlineField label={label} labelWidth={labelWidth}>
      <MultiSelect
        aria-label={label}
        width={width}
        options={options}
        value={(query[field.name] ?? []).map((v) => options.find((o) => o.value === v) ?? { label: v, value: v })}
        placeholder={speak(source.language)('hint.all')}
        allowCustomValue
        isClearable
        closeMenuOnSelect={false}
        onChange={(chosen) => onChange({ [field.name]: values(chosen) })}
      />
    </InlineField>
  );
}

function SingleControl({ field, query, source, onChange }: Props<Single>) {
  const label = speak(source.language)(`field.${field.name}` as Key);
  return (
    <InlineField label={label} labelWidth={labelWidth}>
      <Select
        aria-label={label}
        width={width}
        options={field.values.map((v) => ({ label: speakValue(source.language, field.name, v), value: v }))}
        value={query[field.name] ?? field.values[0]}
        onChange={({ value }) => onChange({ [field.name]: value })}
      />
    </InlineField>
  );
}

function PlainControl({ field, query, source, onChange }: Props<Field>) {
  const t = speak(source.language);
  const label = t(`field.${field.name}` as Key);
  if (field.kind === 'switch') {
    return (
      <InlineField label={label} labelWidth={labelWidth}>
        <InlineSwitch
          aria-label={label}
          value={query[field.name] ?? field.start}
          onChange={(e) => onChange({ [field.name]: e.currentTarget.checked })}
        />
      </InlineField>
    );
  }
  const number = field.name === 'limit';
  return (
    <InlineField label={label} labelWidth={labelWidth}>
      <Input
        aria-label={label}
        width={number ? 12 : field.name === 'none' ? width : 20}
        type={number ? 'number' : 'text'}
        min={0}
        placeholder={number ? '1000' : t(field.name === 'none' ? 'hint.none' : 'hint.interval')}
        defaultValue={query[field.name as 'interval' | 'limit' | 'none']}
        onBlur={(e) => onChange({ [field.name]: number ? Number(e.currentTarget.value) || undefined : e.currentTarget.value })}
      />
    </InlineField>
  );
}

function values(chosen: Array<SelectableValue<string>>): string[] {
  return chosen.flatMap((c) => (c.value ? [c.value] : []));
}
