import { fieldsOf } from '../fields';
import { GtcQuery, Language, queryTypes } from '../types';
import { en } from './en';
import { fr } from './fr';
import { Key, speak, speakValue } from './messages';
import { nl } from './nl';

const languages: Language[] = ['fr', 'nl', 'en'];

it('has a text for every key in every language', () => {
  for (const messages of [fr, nl, en]) {
    expect(Object.keys(messages)).toEqual(Object.keys(fr));
    for (const [key, text] of Object.entries(messages)) {
      expect(`${key}: ${text.trim()}`).not.toBe(`${key}: `);
    }
  }
});

describe.each(languages)('%s', (language) => {
  const known = fr as Record<string, string>;

  it('names every query type, field and fixed value', () => {
    for (const queryType of queryTypes) {
      expect(known).toHaveProperty([`type.${queryType}`]);
      expect(speakValue(language, 'type', queryType)).not.toBe(queryType);
      for (const field of fieldsOf({ refId: 'A', queryType, variable: 'points' } as GtcQuery)) {
        expect(speak(language)(`field.${field.name}` as Key)).toBeTruthy();
        if (field.kind === 'single') {
          for (const value of field.values) {
            expect(known).toHaveProperty([`${field.name}.${value}`]);
          }
        }
      }
    }
  });

  it('shows a value without a text as it is', () => {
    expect(speakValue(language, 'aggregate', 'median')).toBe('median');
  });
});
