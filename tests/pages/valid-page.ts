import { expect } from 'vitest';

/** What holds for every page that the gate answers by itself. */
export function expectValidPage(text: string, title: string, { lang = 'en', dir = 'ltr' } = {}): void {
  expect(text).toMatch(/^<!doctype html>\n<html lang="/);
  expect(text).toContain(`<html lang="${lang}" dir="${dir}">`);
  expect(text).toContain('<meta charset="utf-8">');
  expect(text).toContain('<meta name="viewport" content="width=device-width, initial-scale=1">');
  expect(text).toContain('<meta name="robots" content="noindex">');
  expect(text).toContain('color-scheme: light dark');
  expect(text).toContain(`<title>${title}</title>`);
  expect(text.match(/<h1/g)).toHaveLength(1);
  expect(text.match(/<main/g)).toHaveLength(1);

  // One style with the nonce is all that its Content-Security-Policy needs to allow.
  expect(text.match(/<style/g)).toHaveLength(1);
  expect(text).toContain('<style nonce="n0nce">');
  expect(text).not.toMatch(/<script|<link|<img|<iframe|@import|url\(/i);
  expect(text).not.toMatch(/<[^>]*\s(on\w+|style)\s*=/i);
  expect(text).not.toMatch(/(href|src|action)="(?!\/(?!\/))/i);
  expect(text).not.toMatch(/https?:\/\/|\bundefined\b|\[object/);
  expectBalanced(text);
}

const VOID = new Set(['meta', 'rect', 'path']);

/** Every element is closed in order. `<rect/>` and `<path/>` close themselves. */
function expectBalanced(text: string): void {
  const open: string[] = [];
  const markup = text.replace(/<style[\s\S]*<\/style>/, '').replace(/^<!doctype html>/, '');
  for (const [, slash, name = ''] of markup.matchAll(/<(\/?)([a-z][a-z0-9]*)[^>]*>/g)) {
    if (VOID.has(name)) continue;
    if (slash) expect(open.pop()).toBe(name);
    else open.push(name);
  }
  expect(open).toEqual([]);
}
