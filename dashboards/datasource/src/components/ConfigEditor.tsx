import { DataSourcePluginOptionsEditorProps } from '@grafana/data';
import { Alert, FieldSet, InlineField, InlineSwitch, Input, SecretInput, Select } from '@grafana/ui';
import React from 'react';

import { Key, speak } from '../messages/messages';
import { GtcOptions, GtcSecrets, Language } from '../types';
import { SecretText } from './SecretText';

type Props = DataSourcePluginOptionsEditorProps<GtcOptions, GtcSecrets>;

const labelWidth = 34;
const width = 60;

const languages: Array<{ label: string; value: Language }> = [
  { label: 'Français', value: 'fr' },
  { label: 'Nederlands', value: 'nl' },
  { label: 'English', value: 'en' },
];

/** The settings: where the hub is, with which token, and how it is verified. */
export function ConfigEditor({ options, onOptionsChange }: Props) {
  const { jsonData, secureJsonFields } = options;
  const t = speak(jsonData.language ?? 'fr');
  const set = (part: Partial<GtcOptions>) => onOptionsChange({ ...options, jsonData: { ...jsonData, ...part } });
  return (
    <>
      <FieldSet label={t('config.hub')}>
        <InlineField label={t('config.url')} labelWidth={labelWidth} tooltip={t('config.urlHint')}>
          <Input
            aria-label={t('config.url')}
            width={width}
            placeholder="https://gtc.example.be"
            value={jsonData.url ?? ''}
            onChange={(e) => set({ url: e.currentTarget.value.trim() })}
          />
        </InlineField>
        <InlineField label={t('config.token')} labelWidth={labelWidth} tooltip={t('config.tokenHint')}>
          <SecretInput
            aria-label={t('config.token')}
            width={width}
            placeholder="gtc_…"
            isConfigured={Boolean(secureJsonFields?.token)}
            value={options.secureJsonData?.token ?? ''}
            onReset={() => onOptionsChange(withSecret(options, 'token', '', false))}
            onChange={(e) => onOptionsChange(withSecret(options, 'token', e.currentTarget.value))}
          />
        </InlineField>
        <InlineField label={t('config.language')} labelWidth={labelWidth}>
          <Select
            aria-label={t('config.language')}
            width={width}
            options={languages}
            value={jsonData.language ?? 'fr'}
            onChange={({ value }) => set({ language: value })}
          />
        </InlineField>
        <NumberField label={t('config.timeout')} value={jsonData.timeoutSeconds} start={10} min={1} max={60} onChange={(timeoutSeconds) => set({ timeoutSeconds })} />
        <NumberField label={t('config.cache')} value={jsonData.cacheSeconds} start={5} min={0} max={300} onChange={(cacheSeconds) => set({ cacheSeconds })} />
        {isPlain(jsonData.url) && <Alert severity="warning" title={t('config.plain')} />}
      </FieldSet>
      <Tls options={options} onOptionsChange={onOptionsChange} />
    </>
  );
}

function Tls({ options, onOptionsChange }: Props) {
  const { jsonData } = options;
  const t = speak(jsonData.language ?? 'fr');
  const set = (part: Partial<GtcOptions>) => onOptionsChange({ ...options, jsonData: { ...jsonData, ...part } });
  const secret = (name: keyof GtcSecrets, label: Key) => (
    <SecretText
      label={t(label)}
      labelWidth={labelWidth}
      configured={Boolean(options.secureJsonFields?.[name])}
      value={options.secureJsonData?.[name] ?? ''}
      onReset={() => onOptionsChange(withSecret(options, name, '', false))}
      onChange={(text) => onOptionsChange(withSecret(options, name, text))}
    />
  );
  const check = (name: 'tlsAuthWithCACert' | 'tlsAuth' | 'tlsSkipVerify', label: Key) => (
    <InlineField label={t(label)} labelWidth={labelWidth}>
      <InlineSwitch aria-label={t(label)} value={jsonData[name] ?? false} onChange={(e) => set({ [name]: e.currentTarget.checked })} />
    </InlineField>
  );
  return (
    <FieldSet label={t('config.tls')}>
      {check('tlsAuthWithCACert', 'config.caUse')}
      {jsonData.tlsAuthWithCACert && secret('tlsCACert', 'config.ca')}
      {check('tlsAuth', 'config.clientUse')}
      {jsonData.tlsAuth && secret('tlsClientCert', 'config.clientCert')}
      {jsonData.tlsAuth && secret('tlsClientKey', 'config.clientKey')}
      <InlineField label={t('config.serverName')} labelWidth={labelWidth}>
        <Input aria-label={t('config.serverName')} width={width} value={jsonData.serverName ?? ''} onChange={(e) => set({ serverName: e.currentTarget.value.trim() })} />
      </InlineField>
      {check('tlsSkipVerify', 'config.skipVerify')}
      {jsonData.tlsSkipVerify && <Alert severity="warning" title={t('config.skipWarning')} />}
    </FieldSet>
  );
}

interface NumberProps {
  label: string;
  value?: number;
  /** What the backend takes when nothing is said. */
  start: number;
  min: number;
  max: number;
  onChange: (value?: number) => void;
}

function NumberField({ label, value, start, min, max, onChange }: NumberProps) {
  return (
    <InlineField label={label} labelWidth={labelWidth}>
      <Input
        aria-label={label}
        type="number"
        width={12}
        min={min}
        max={max}
        placeholder={String(start)}
        value={value ?? ''}
        onChange={({ currentTarget: { value } }) => onChange(value === '' ? undefined : Math.min(max, Math.max(min, Number(value))))}
      />
    </InlineField>
  );
}

// A secret is only ever written: an empty one with its mark taken away means "type it again".
function withSecret(options: Props['options'], name: keyof GtcSecrets, text: string, configured?: boolean): Props['options'] {
  const fields = configured === undefined ? options.secureJsonFields : { ...options.secureJsonFields, [name]: configured };
  return { ...options, secureJsonFields: fields, secureJsonData: { ...options.secureJsonData, [name]: text } };
}

/** Reports whether the address would send the token unencrypted to another machine. */
export function isPlain(url?: string): boolean {
  return /^http:\/\//i.test(url ?? '') && !/^http:\/\/(localhost|127\.|\[::1\])/i.test(url ?? '');
}
