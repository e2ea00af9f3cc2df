import { Language } from '../types';
import { en } from './en';
import { fr } from './fr';
import { nl } from './nl';

export type Key = keyof typeof fr;
export type Messages = Record<Key, string>;

const languages: Record<Language, Messages> = { fr, nl, en };

/** Gives the text of a key in the language of the data source. */
export function speak(language: Language): (key: Key) => string {
  return (key) => languages[language][key];
}

/** Gives the text of a fixed value of a list, the value itself when it has none. */
export function speakValue(language: Language, group: string, value: string): string {
  const texts: Record<string, string> = languages[language];
  return texts[`${group}.${value}`] ?? value;
}
