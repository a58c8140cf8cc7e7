// @vitest-environment edge-runtime
import { describe, expect, it } from 'vitest';
import { confirmLogoutPage } from '../../lib/pages/confirm-logout';
import { ENGLISH } from '../../lib/pages/english';
import { INDONESIAN } from '../../lib/pages/indonesian';
import { languagesOf } from '../../lib/pages/language';
import { otherAccountPage } from '../../lib/pages/other-account';
import { problemPage } from '../../lib/pages/problem';
import { redirectPage } from '../../lib/pages/redirect';
import { type Code, PROBLEMS } from '../../lib/problems';
import { frame, inLanguage } from './frame';
import { expectValidPage } from './valid-page';

const CODES = Object.keys(PROBLEMS) as Code[];

/** Every text of a table with the place where it stands. */
const leaves = (table: object, place = ''): [string, string][] =>
  Object.entries(table).flatMap(([name, value]) =>
    typeof value === 'string' ? [[`${place}${name}`, value] as [string, string]] : leaves(value, `${place}${name}.`),
  );

describe.each([
  ['en', ENGLISH],
  ['id', INDONESIAN],
])('the texts in %s', (tag, texts) => {
  it.each(CODES)('have a title and a sentence for %s, and the page shows them', (code) => {
    const [title, sentence] = texts.problems[code];
    expect(title).toMatch(/^\p{Lu}[^.]+$/u);
    expect(sentence).toMatch(/^\p{Lu}.+\.$/u);
    const page = problemPage({ ...inLanguage(tag), code, ref: 'r3f' });
    expectValidPage(page, title, { lang: tag });
    expect(page).toContain(`<p>${sentence}</p>`);
  });

  it('are in every page of the gate', () => {
    const { phrases } = texts;
    const there = inLanguage(tag);
    expectValidPage(confirmLogoutPage(there), phrases.signOutTitle, { lang: tag });
    const asked = otherAccountPage({ ...there, loginUrl: '/auth/login', target: '/', name: 'Ana' });
    expectValidPage(asked, phrases.otherTitle, { lang: tag });
    expect(asked).toContain(phrases.signedInAs.replace('{name}', '<strong><bdi>Ana</bdi></strong>'));
    expectValidPage(redirectPage({ ...there, url: '/a', why: 'signInFirst' }), phrases.oneMoment, { lang: tag });
  });

  it('name a person where the sentence says so', () => {
    expect(texts.phrases.signedInAs.split('{name}')).toHaveLength(2);
  });
});

describe('the Indonesian texts', () => {
  const own = new Map(leaves(INDONESIAN));
  /** A line of a configuration file, and a word that both languages have. */
  const same = ['phrases.signOutTitle'];

  it.each(leaves(ENGLISH))('have a text of their own for %s', (place, english) => {
    expect(own.get(place)).toBeTruthy();
    if (!same.includes(place)) expect(own.get(place)).not.toBe(english);
  });

  it('have as many causes, which name the same variables', () => {
    expect([...own.keys()]).toEqual(leaves(ENGLISH).map(([place]) => place));
    for (const [place, english] of leaves(ENGLISH.causes))
      expect(own.get(`causes.${place}`)?.match(/SSO_\w+|SESSION_\w+/g)).toEqual(english.match(/SSO_\w+|SESSION_\w+/g));
  });

  it('address the person formally', () => {
    expect([...own.values()].filter((text) => /\b(kamu|anda|kau)\b/.test(text))).toEqual([]);
  });
});

describe('a language of the site', () => {
  const given = { de: { problems: { FORBIDDEN: ['Kein Zugriff', 'Nein.'] as const } } };

  it('is spoken where it has a sentence, and English stands in for the others', () => {
    const de = inLanguage('de', languagesOf(given));
    const page = problemPage({ ...de, code: 'FORBIDDEN', ref: 'r3f' });
    expectValidPage(page, 'Kein Zugriff', { lang: 'de' });
    expect(page).toContain('<p>Nein.</p>');
    expect(page).toContain(ENGLISH.phrases.startPage);
    expect(problemPage({ ...de, code: 'NOT_FOUND', ref: 'r3f' })).toContain(ENGLISH.problems.NOT_FOUND[1]);
  });

  it.each([null, 7, '', {}, [1, 2], { FORBIDDEN: 'x' }, { FORBIDDEN: [{}, 1] }])(
    'cannot break a page by texts that are none: %j',
    (problems) => {
      const texts = { xx: { problems } } as unknown as Parameters<typeof languagesOf>[0];
      const page = problemPage({ ...inLanguage('xx', languagesOf(texts)), code: 'FORBIDDEN', ref: 'r3f' });
      expectValidPage(page, ENGLISH.problems.FORBIDDEN[0], { lang: 'xx' });
    },
  );

  it('cannot bring markup into a page', () => {
    const hostile = ['</title><script>alert(1)</script>', '<img src=x onerror=alert(1)>'] as const;
    const languages = languagesOf({ xx: { problems: { FORBIDDEN: hostile } } });
    const page = problemPage({ ...inLanguage('xx', languages), code: 'FORBIDDEN', ref: 'r3f' });
    expect(page).not.toMatch(/<script|<img/);
  });

  it.each([
    ['ar', 'rtl'],
    ['fa-IR', 'rtl'],
    ['he', 'rtl'],
    ['az-Arab', 'rtl'],
    ['ku-arab-IQ', 'rtl'],
    ['sd-Deva', 'ltr'],
    ['arn', 'ltr'],
    ['de', 'ltr'],
    ['zh-Hant-TW', 'ltr'],
  ])('is written in its direction: %s %s', (tag, dir) => {
    const language = languagesOf({ [tag]: {} }).find((one) => one.tag === tag);
    expect(language?.dir).toBe(dir);
    if (language) expectValidPage(confirmLogoutPage({ ...frame, language }), 'Sign out?', { lang: tag, dir });
  });
});
