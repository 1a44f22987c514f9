// The words of the pages, from the same files the pages take them from.

import { readdirSync, readFileSync } from 'node:fs';

/** By noun and key; a word that is not there is a fault of the test. */
type Words = Record<string, Record<string, string>>;

function read(language: string): Words {
  const folder = new URL(`../app/locales/${language}/`, import.meta.url);
  const words: Words = {};
  for (const file of readdirSync(folder)) {
    const noun = file.replace(/\.json$/, '');
    const own = JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as Record<string, string>;
    words[noun] = new Proxy(own, {
      get(known, key) {
        if (typeof key === 'string' && !(key in known)) throw new Error(`no word ${noun}.${key} in ${language}`);
        return Reflect.get(known, key) as string;
      },
    });
  }
  return words;
}

export const zh = read('zh-CN');
export const en = read('en');

const GAP = /\{\{\s*(\w+)\s*\}\}/g;

/** A sentence with its gaps filled: `fill(zh.guide.matters, { n: 3 })`. */
export function fill(sentence: string, values: Record<string, string | number>): string {
  return sentence.replace(GAP, (_, name: string) => String(values[name] ?? ''));
}

/** A sentence as a pattern: anything may stand in its gaps, each of which is a group. */
export function pattern(sentence: string): RegExp {
  const parts = sentence.split(GAP).filter((_, i) => i % 2 === 0);
  return new RegExp(parts.map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('(.+?)'));
}
