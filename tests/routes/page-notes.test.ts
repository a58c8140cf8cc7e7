import { describe, expect, it } from 'vitest';
import { judge } from './judge';

const rules = [{ path: '/*', allow: 'public' }] as const;

describe('pages of the site in place of the gate’s', () => {
  it.each([
    ['/problem', ['/problem']],
    ['/en/problem', ['/[locale]/problem']],
    ['/a/b/c', ['/a/[...rest]']],
    ['/a', ['/a/[[...rest]]']],
    ['/(x)', ['/(x)']],
  ])('are found in the build: %s', (problem, routes) => {
    expect(judge({ routes }, rules, { pages: { problem } }).faults).toEqual([]);
  });

  it('are found behind a locale of the Pages Router', () => {
    const parts = { routes: ['/en/problem'], locales: ['en'] };
    expect(judge(parts, rules, { pages: { problem: '/problem' } }).faults).toEqual([]);
  });

  it.each([
    ['/problems', ['/problem']],
    ['/problem/x', ['/problem']],
    ['/en/other', ['/[locale]/problem']],
  ])('are a fault where the build has none: %s', (forbidden, routes) => {
    expect(judge({ routes }, rules, { pages: { forbidden } }).faults).toEqual([
      expect.stringContaining(`pages.forbidden\` of the Gatehouse configuration is ${forbidden}`),
    ]);
  });
});

describe('colours of the site', () => {
  it('are a warning and no fault where they are hard to read', () => {
    const colors = { light: { accent: '#ff6600' }, dark: { quiet: '#333' } };
    const { warnings, faults } = judge({}, rules, { appearance: { colors } });
    expect(faults).toEqual([]);
    expect(warnings).toEqual([
      expect.stringContaining('`accent` on `card` of `appearance.colors.light` has a contrast of 2.94'),
      expect.stringContaining('`onAccent` on `accent` of `appearance.colors.light` has a contrast of 2.94'),
      expect.stringContaining('`quiet` on `ground` of `appearance.colors.dark`'),
      expect.stringContaining('`quiet` on `card` of `appearance.colors.dark`'),
    ]);
  });

  it('are not spoken of where they can be read, as the gate’s own', () => {
    const colors = { light: { accent: '#0050b3' }, dark: {} };
    expect(judge({}, rules, { appearance: { name: 'Acme', colors } }).warnings).toEqual([]);
  });
});
