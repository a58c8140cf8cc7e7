import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { confirmLogoutPage } from '../../lib/pages/confirm-logout';
import { contrast } from '../../lib/pages/contrast';
import { frame } from './frame';

type Tokens = Record<string, string>;

/** The custom properties of a style sheet: those of the light scheme, and those with the dark ones laid over. */
function schemes(css: string): { light: Tokens; dark: Tokens } {
  const [light = {}, dark = {}] = [...css.matchAll(/:root\s*\{([^}]*)\}/g)].map(([, body = '']) =>
    Object.fromEntries([...body.matchAll(/--([\w-]+):\s*([^;]+);/g)].map(([, name, value]) => [name, value])),
  );
  return { light, dark: { ...light, ...dark } };
}

const gate = schemes(confirmLogoutPage(frame));
const site = schemes(readFileSync(new URL('../../app/globals.css', import.meta.url), 'utf8'));

describe.each(['light', 'dark'] as const)('the %s colours', (scheme) => {
  it('are the same on the pages of the gate and on those of the site', () => {
    expect(Object.keys(gate[scheme]).length).toBeGreaterThan(8);
    expect(site[scheme]).toMatchObject(gate[scheme]);
  });

  // WCAG 2.2 §1.4.3: 4.5 for text.
  it.each([
    ['ink', 'ground'],
    ['ink', 'card'],
    ['ink', 'code'],
    ['quiet', 'ground'],
    ['quiet', 'card'],
    ['quiet', 'code'],
    ['accent', 'ground'],
    ['accent', 'card'],
    ['accent-strong', 'card'],
    ['on-accent', 'accent'],
    ['on-accent', 'accent-strong'],
  ])('let %s be read on %s', (text, ground) => {
    expect(contrast(site[scheme][text] ?? '', site[scheme][ground] ?? '')).toBeGreaterThanOrEqual(4.5);
  });

  // WCAG 2.2 §1.4.11: 3 for the outline of a control.
  it.each(['ground', 'card'])('let the edge of a button be seen on %s', (ground) => {
    expect(contrast(site[scheme].edge ?? '', site[scheme][ground] ?? '')).toBeGreaterThanOrEqual(3);
  });
});
