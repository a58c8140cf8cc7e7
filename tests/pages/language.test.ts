// @vitest-environment edge-runtime
import { describe, expect, it } from 'vitest';
import { acceptedLanguage, languagesOf, wantedLanguage } from '../../lib/pages/language';

const languages = languagesOf({ 'pt-BR': {}, 'zh-Hant': {} });
const accepted = (header: string | null) => acceptedLanguage(header, languages).tag;

describe('Accept-Language (RFC 9110 §12.5.4)', () => {
  it.each([
    [null, 'en'],
    ['', 'en'],
    ['id', 'id'],
    ['ID', 'id'],
    ['id-ID', 'id'],
    ['id-ID,id;q=0.9,en-US;q=0.8,en;q=0.7', 'id'],
    ['en-US,en;q=0.9,id;q=0.8', 'en'],
    ['en;q=0.8, id', 'id'],
    ['en;q=0.8,id;q=0.801', 'id'],
    ['de, id;q=0.5', 'id'],
    ['de', 'en'],
    ['de-CH-1996;q=0.9,fr', 'en'],
    ['*', 'en'],
    ['*;q=0.5, id;q=0.1', 'en'],
    ['en;q=0, *', 'id'],
    ['id;q=0, *', 'en'],
    ['id;q=0', 'en'],
    ['id;q=0.000, de', 'en'],
    ['en;q=0, id;q=0, pt-BR;q=0, zh-Hant;q=0, *', 'en'],
    ['pt', 'pt-BR'],
    ['pt-PT', 'pt-BR'],
    ['pt-br', 'pt-BR'],
    ['zh-Hant-TW', 'zh-Hant'],
    ['zh', 'zh-Hant'],
    [' id ; q=1 , en ; q=0.5 ', 'id'],
  ])('%j is answered in %s', (header, tag) => {
    expect(accepted(header)).toBe(tag);
  });

  it.each([
    'constructor',
    '__proto__',
    'toString;q=1',
    'id;q=2',
    'id;q=-1',
    'id;q=0.1234',
    'id;q',
    'id;level=1',
    'id_ID',
    '"id"',
    '-id',
    'id--ID',
    ',,,,;;;q=1',
    'toolonglanguage',
    '\u0000id',
    '../../id',
    '<script>',
  ])('what cannot be read is left out: %j', (header) => {
    expect(accepted(header)).toBe('en');
  });

  it.each([
    ['ranges', 'xx,'.repeat(2_700)],
    ['spaces', `${' '.repeat(8_192)}id`],
    ['hyphens', `a${'-a'.repeat(4_096)}`],
    ['semicolons', ';q=1'.repeat(2_048)],
  ])('8 KB of %s are answered in the first language', (_, header) => {
    expect(accepted(header)).toBe('en');
  });

  it('reads as much as browsers send', () => {
    expect(accepted(`${'xx-YY;q=0.9,'.repeat(80)}id;q=0.1`)).toBe('id');
  });

  it('is answered in the language that the site prefers where it asks for none', () => {
    const preferring = languagesOf({ de: {} }, 'de');
    expect(acceptedLanguage('fr', preferring).tag).toBe('de');
    expect(acceptedLanguage('*', preferring).tag).toBe('de');
    expect(acceptedLanguage('en', preferring).tag).toBe('en');
  });
});

describe('ui_locales (OIDC Core §3.1.2.1)', () => {
  it.each([
    ['id', 'id'],
    ['fr-CA fr id-ID en', 'id'],
    ['en id', 'en'],
    ['fr', undefined],
    ['', undefined],
    ['constructor', undefined],
  ])('%j leads to %s', (asked, tag) => {
    expect(wantedLanguage(asked, languages)?.tag).toBe(tag);
  });
});
