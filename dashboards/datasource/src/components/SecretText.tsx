import { InlineField, SecretTextArea } from '@grafana/ui';
import React from 'react';

interface Props {
  label: string;
  labelWidth: number;
  configured: boolean;
  value: string;
  onReset: () => void;
  onChange: (text: string) => void;
}

/** A PEM text that is written and never shown again. */
export function SecretText({ label, labelWidth, configured, value, onReset, onChange }: Props) {
  return (
    <InlineField label={label} labelWidth={labelWidth}>
      <SecretTextArea
        aria-label={label}
        cols={45}
        rows={6}
        placeholder="-----BEGIN"
        isConfigured={configured}
        value={value}
        onReset={onReset}
        onChange={(e) => onChange(e.currentTarget.value)}
      />
    </InlineField>
  );
}
