import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import React, { useState } from 'react';

import { GtcDataSource } from '../datasource';
import { GtcOptions, GtcQuery, GtcSecrets } from '../types';
import { ConfigEditor, isPlain } from './ConfigEditor';
import { QueryEditor } from './QueryEditor';
import { VariableEditor } from './VariableEditor';

// The editors ask for lists only; the answers are the hub's.
function source(choices: GtcDataSource['choices'] = async (type) => [{ text: `${type} 1`, value: `${type}-1` }]) {
  return { language: 'fr', choices: jest.fn(choices), variableNames: () => ['$site'] } as unknown as GtcDataSource & {
    choices: jest.Mock;
  };
}

// Grafana keeps the query and hands it back: so does this.
function Panel({ start, from, changed, ran, editor: Editor = QueryEditor }: { start: GtcQuery; from: GtcDataSource; changed: jest.Mock; ran: jest.Mock; editor?: typeof QueryEditor }) {
  const [query, setQuery] = useState(start);
  return (
    <Editor
      query={query}
      datasource={from}
      onRunQuery={ran}
      onChange={(next) => {
        changed(next);
        setQuery(next);
      }}
    />
  );
}

function show(start: Partial<GtcQuery>, from = source(), editor?: typeof QueryEditor) {
  const changed = jest.fn();
  const ran = jest.fn();
  render(<Panel start={{ refId: 'A', queryType: 'sites', ...start }} from={from} changed={changed} ran={ran} editor={editor} />);
  return { changed, ran, from };
}

async function choose(label: string, option: string) {
  await userEvent.click(await screen.findByLabelText(label));
  await userEvent.click(await screen.findByText(option));
}

describe('QueryEditor', () => {
  it('turns to another question with one choice and asks it at once', async () => {
    const { changed, ran } = show({ sites: ['dampremy'] });
    await choose('Question', 'Constats');
    expect(changed).toHaveBeenLastCalledWith({ refId: 'A', queryType: 'findings', sites: ['dampremy'], open: true });
    expect(ran).toHaveBeenCalledTimes(1);
    expect(await screen.findByLabelText('Règles')).toBeInTheDocument();
  });

  it('does not ask for points before one is chosen, and says so', async () => {
    const { ran } = show({});
    await choose('Question', 'Points (courbes)');
    expect(ran).not.toHaveBeenCalled();
    expect(screen.getByText('Choisissez au moins un point.')).toBeInTheDocument();
    await choose('Points', 'points 1');
    expect(ran).toHaveBeenCalledTimes(1);
    expect(screen.queryByText('Choisissez au moins un point.')).not.toBeInTheDocument();
  });

  it('narrows lists by what is chosen', async () => {
    const { from } = show({ queryType: 'points', sites: ['dampremy'], kinds: ['boiler'], points: ['flow_temp'] });
    await screen.findByLabelText('Équipements');
    expect(from.choices).toHaveBeenCalledWith('equipment', { site: ['dampremy'], kind: ['boiler'] });
    await choose('Sites', '$site');
    expect(from.choices).toHaveBeenCalledWith('equipment', { site: ['dampremy', '$site'], kind: ['boiler'] });
  });

  it('keeps showing what the hub no longer knows', async () => {
    show({ queryType: 'energy', sites: ['ancien-site'] });
    expect(await screen.findByText('ancien-site')).toBeInTheDocument();
  });

  it('says why a list cannot be read', async () => {
    show(
      { queryType: 'sites' },
      source(async () => {
        throw { data: { message: 'jeton refusé' } };
      })
    );
    expect((await screen.findAllByText('La liste n’a pas pu être lue : jeton refusé')).length).toBeGreaterThan(0);
  });

  it('changes switches and numbers', async () => {
    const { changed } = show({ queryType: 'findings', open: true });
    await userEvent.click(await screen.findByLabelText('Seulement ce qui dure'));
    expect(changed.mock.lastCall?.[0].open).toBe(false);
    await userEvent.type(screen.getByLabelText('Lignes au plus'), '25');
    await userEvent.tab();
    expect(changed.mock.lastCall?.[0].limit).toBe(25);
  });

  it('takes words for an empty list, and drops them with the list', async () => {
    const { changed } = show({ queryType: 'energy', format: 'total' });
    await userEvent.type(await screen.findByLabelText('Si la liste est vide'), 'pas de compteur');
    await userEvent.tab();
    expect(changed.mock.lastCall?.[0].none).toBe('pas de compteur');
    await choose('Forme', 'côte à côte');
    expect(changed.mock.lastCall?.[0]).not.toHaveProperty('none');
    expect(screen.queryByLabelText('Si la liste est vide')).not.toBeInTheDocument();
  });
});

describe('VariableEditor', () => {
  it('asks which list, and what narrows it', async () => {
    const { changed } = show({ queryType: 'variable' }, source(), VariableEditor);
    expect(screen.queryByLabelText('Genres')).not.toBeInTheDocument();
    await choose('Liste', 'équipements');
    expect(changed).toHaveBeenLastCalledWith({ refId: 'A', queryType: 'variable', variable: 'equipment' });
    expect(await screen.findByLabelText('Genres')).toBeInTheDocument();
  });
});

describe('ConfigEditor', () => {
  type Options = React.ComponentProps<typeof ConfigEditor>['options'];

  function settings(part: Partial<Options>) {
    const changed = jest.fn();
    function Page() {
      const [options, setOptions] = useState({ jsonData: {}, secureJsonFields: {}, ...part } as Options);
      return (
        <ConfigEditor
          options={options}
          onOptionsChange={(next) => {
            changed(next);
            setOptions(next);
          }}
        />
      );
    }
    render(<Page />);
    return (): { jsonData: GtcOptions; secureJsonData?: GtcSecrets; secureJsonFields: Record<string, boolean> } => changed.mock.lastCall?.[0];
  }

  it('takes address, token and times, the times within their limits', async () => {
    const last = settings({});
    await userEvent.type(screen.getByLabelText('Adresse du hub'), 'https://gtc.example.be ');
    await userEvent.type(screen.getByLabelText('Jeton de service'), 'gtc_x');
    await userEvent.type(screen.getByLabelText('Attente au plus (s)'), '99');
    expect(last().jsonData).toEqual({ url: 'https://gtc.example.be', timeoutSeconds: 60 });
    expect(last().secureJsonData).toEqual({ token: 'gtc_x' });
  });

  it('never shows a token that was kept, and can replace it', async () => {
    const last = settings({ secureJsonFields: { token: true } });
    expect(screen.getByLabelText('Jeton de service')).toBeDisabled();
    await userEvent.click(screen.getByRole('button', { name: /reset/i }));
    expect(last().secureJsonFields.token).toBe(false);
  });

  it('warns of what can be read or forged on the way', async () => {
    settings({ jsonData: { url: 'http://10.0.0.2:8080' } });
    expect(screen.getByText(/Adresse sans chiffrement/)).toBeInTheDocument();
    await userEvent.click(screen.getByLabelText('Ne pas vérifier (essai seulement)'));
    expect(screen.getByText(/Le hub n’est pas vérifié/)).toBeInTheDocument();
  });

  it.each([
    ['http://hub', true],
    ['HTTP://hub:8080', true],
    ['https://hub', false],
    ['http://localhost:8080', false],
    ['http://127.0.0.1:8080', false],
    ['http://[::1]:8080', false],
    [undefined, false],
  ])('an address %s is plain: %s', (url, want) => {
    expect(isPlain(url)).toBe(want);
  });
});
