import { useEffect, useState } from 'react';

import { GtcDataSource } from '../datasource';
import { Choice, GtcQuery } from '../types';

interface State {
  choices: Choice[];
  loading: boolean;
  /** Why the list could not be read, '' when it could. */
  problem: string;
}

/** Reads a list from the hub, again whenever what narrows it changes. */
export function useChoices(source: GtcDataSource, list: string, query: GtcQuery): State {
  const [state, setState] = useState<State>({ choices: [], loading: true, problem: '' });
  const chosen = JSON.stringify({
    site: query.sites,
    kind: query.kinds,
    equipment: list === 'points' ? query.equipment : undefined,
    carrier: query.carriers,
  });
  useEffect(() => {
    // An answer that comes after the next question must not replace its answer.
    let current = true;
    source
      .choices(list, JSON.parse(chosen))
      .then((choices) => current && setState({ choices, loading: false, problem: '' }))
      .catch((err) => current && setState({ choices: [], loading: false, problem: reason(err) }));
    return () => {
      current = false;
    };
  }, [source, list, chosen]);
  return state;
}

function reason(err: unknown): string {
  if (err && typeof err === 'object') {
    const { data, message } = err as { data?: { message?: string }; message?: string };
    return data?.message ?? message ?? 'unknown';
  }
  return String(err);
}
