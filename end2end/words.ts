// The words of the pages, from the same files the pages take them from.

import { readFileSync } from 'node:fs';

type Words = typeof import('../app/locales/zh-CN.json');

function read(file: string): Words {
  return JSON.parse(readFileSync(new URL(`../app/locales/${file}`, import.meta.url), 'utf8')) as Words;
}

export const zh = read('zh-CN.json');
export const en = read('en.json');

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
