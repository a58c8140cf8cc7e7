// @vitest-environment edge-runtime
import { describe, expect, it } from 'vitest';
import { createDeps } from '../../lib/context';
import type { LogEvent } from '../../lib/events';
import { createGate } from '../../lib/gate';
import type { Appearance } from '../../lib/pages/appearance';
import { lookFaults } from '../../lib/pages/check-pages';
import { confirmLogoutPage } from '../../lib/pages/confirm-logout';
import type { LookOptions } from '../../lib/pages/look';
import { page } from '../../lib/responses';
import { frame } from './frame';
import { expectValidPage } from './valid-page';

const SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><path d="M0 0h1v1z"/></svg>';
const faults = (site: unknown) => Object.keys(lookFaults(site as LookOptions, (path) => path.startsWith('/open')));
const shown = (appearance: Appearance, basePath = '') => confirmLogoutPage({ ...frame, basePath, appearance });

describe('the appearance of a site', () => {
  it.each<[unknown, string[]]>([
    [undefined, []],
    [{}, []],
    [{ name: 'Acme & Söhne' }, []],
    [{ name: '' }, ['appearance.name']],
    [{ name: '   ' }, ['appearance.name']],
    [{ name: 'a'.repeat(81) }, ['appearance.name']],
    [{ name: 'a\nb' }, ['appearance.name']],
    [{ name: 'a\u202eb' }, ['appearance.name']],
    [{ name: 7 }, ['appearance.name']],
    [{ nmae: 'Acme' }, ['appearance.nmae']],
    [{ logo: '/open/logo.svg' }, []],
    [{ logo: '/closed/logo.svg' }, ['appearance.logo']],
    [{ logo: '//evil.example/logo.svg' }, ['appearance.logo']],
    [{ logo: 'https://evil.example/logo.svg' }, ['appearance.logo']],
    [{ logo: '/open\\logo.svg' }, ['appearance.logo']],
    [{ logo: '/open/"onload=alert(1)' }, ['appearance.logo']],
    [{ logo: 'javascript:alert(1)' }, ['appearance.logo']],
    [{ logo: 'data:text/html,<script>' }, ['appearance.logo']],
    [{ logo: 'data:image/png;base64,iVBORw0KGgo=' }, []],
    [{ logo: 'data:image/png;base64,"><script>' }, ['appearance.logo']],
    [{ logo: SVG }, []],
    [{ logo: '<svg viewBox="0 0 1 1"></svg>' }, ['appearance.logo']],
    [{ logo: `${SVG}<script>alert(1)</script>` }, ['appearance.logo']],
    [{ logo: SVG.replace('<path', `<!--${'x'.repeat(16_000)}--><path`) }, ['appearance.logo']],
    [{ logo: ['/open/logo.svg'] }, ['appearance.logo']],
    [{ logo: null }, ['appearance.logo']],
    [{ logo: { light: '/open/logo.svg', dark: SVG } }, []],
    [{ logo: { light: '/open/logo.svg', dark: '/closed/logo.svg' } }, ['appearance.logo']],
    [{ logo: { light: 'javascript:alert(1)', dark: SVG } }, ['appearance.logo']],
    [{ logo: { light: SVG } }, ['appearance.logo']],
    [{ logo: { dark: SVG } }, ['appearance.logo']],
    [{ colors: { light: { accent: '#123' }, dark: { accent: '#AbCdEf' } } }, []],
    [{ colors: { light: { accent: 'red' } } }, ['appearance.colors.light.accent']],
    [{ colors: { light: { accent: '#12345' } } }, ['appearance.colors.light.accent']],
    [{ colors: { light: { accent: '#123;}body{display:none' } } }, ['appearance.colors.light.accent']],
    [{ colors: { dark: { ink: '</style><script>' } } }, ['appearance.colors.dark.ink']],
    [{ colors: { light: { constructor: '#123' } } }, ['appearance.colors.light.constructor']],
    [{ colors: { dusk: { ink: '#123' } } }, ['appearance.colors.dusk.ink']],
  ])('%j is faulty in %j', (appearance, members) => {
    expect(faults({ appearance })).toEqual(members);
  });

  it.each<[LookOptions, string[]]>([
    [{ texts: { de: {} }, language: 'de' }, []],
    [{ texts: { 'zh-Hant-TW': {} } }, []],
    [{ texts: { 'de" onload="x': {} } }, ['texts.de" onload="x']],
    [{ texts: { 'de\r\nset-cookie: a=b': {} } }, ['texts.de\r\nset-cookie: a=b']],
    [{ language: 'de' }, ['language']],
    [{ language: 'id' }, []],
  ])('languages: %j is faulty in %j', (site, members) => {
    expect(faults(site)).toEqual(members);
  });

  it.each([
    { appearance: { name: '\n' } },
    { texts: { 'no tag': {} } },
    { language: 'tlh' },
    { pages: { problem: '/a page that needs a session' } },
    { pages: { problem: '/dashboard' } },
    { pages: { forbiden: '/open' } as object },
  ])('that is not valid is MISCONFIGURED, and no page is open: %j', async (site) => {
    const logged: LogEvent[] = [];
    const load = () => createDeps({}, [{ path: '/open', allow: 'public' }], [], [], site as LookOptions);
    const gate = createGate({ load, log: (event) => logged.push(event) });
    const answer = await gate(new Request('https://site.test/open'), { waitUntil: () => {} });
    expect(answer).toMatchObject({ status: 503 });
    const [member = ''] = Object.keys(site);
    expect(JSON.stringify(logged[0])).toMatch(new RegExp(`"variables":\\{"${member}`));
  });
});

describe('a page of a site', () => {
  it('has its name above it and behind the title, escaped', () => {
    const text = shown({ name: 'Acme <b> & Söhne' });
    expect(text).toContain('<title>Sign out? · Acme &lt;b&gt; &amp; Söhne</title>');
    expect(text).toContain('<p class="brand"><bdi>Acme &lt;b&gt; &amp; Söhne</bdi></p>');
    expect(text).not.toContain('<svg');
  });

  it('is of the gate’s own design without anything of a site', () => {
    expectValidPage(shown({}), 'Sign out?');
    expect(shown({})).toContain('<svg class="brand"');
  });

  it('shows a logo of the site as a picture below the base path, named by the site', () => {
    expect(shown({ name: 'Acme', logo: '/logo.svg' }, '/base')).toContain(
      '<img class="brand" src="/base/logo.svg" alt="Acme">',
    );
  });

  it('shows another logo in the dark scheme, where the pages have one', () => {
    const logo = { light: '/logo.svg', dark: 'data:image/svg+xml,<svg fill="white"/>'.replaceAll(/["<>]/g, '') };
    const source = '<source srcset="data:image/svg+xml,svg%20fill=white/" media="(prefers-color-scheme: dark)">';
    const picture = '<img class="brand" src="/base/logo.svg" alt="Acme">';
    expect(shown({ name: 'Acme', logo }, '/base')).toContain(source + picture);
    const light = shown({ name: 'Acme', logo, colors: { light: { accent: '#0050b3' } } }, '/base');
    expect([light.includes(picture), light.includes('<source')]).toEqual([true, false]);
  });

  it('shows markup as a picture, so that nothing in it runs', () => {
    const hostile = SVG.replace('<path', '<script>alert(1)</script><path onload="alert(1)"');
    const text = shown({ logo: hostile });
    expect(text).not.toMatch(/<script|onload="/);
    expect(text).toMatch(/<img class="brand" src="data:image\/svg\+xml,%3Csvg[^"<>]+" alt="">/);
  });

  it.each<[Appearance, string | undefined]>([
    [{}, undefined],
    [{ logo: '/logo.svg' }, "img-src 'self'"],
    [{ logo: SVG }, 'img-src data:'],
    [{ logo: 'data:image/png;base64,AAAA' }, 'img-src data:'],
    [{ logo: { light: '/logo.svg', dark: '/white.svg' } }, "img-src 'self'"],
    [{ logo: { light: '/logo.svg', dark: SVG } }, "img-src 'self' data:"],
  ])('allows the picture that it has in its policy, and no other: %j', (appearance, allowed) => {
    const { headers } = page({ ...frame, appearance }, () => '');
    const directives = (headers.get('content-security-policy') ?? '').split('; ');
    expect(directives.find((directive) => directive.startsWith('img-src'))).toBe(allowed);
    expect(directives).toContain("default-src 'none'");
    expect(headers.get('content-language')).toBe('en');
    expect(headers.get('vary')).toBe('Accept-Language');
  });

  it('has the colours of the site in both schemes, and the gate’s where it names none', () => {
    const text = shown({ colors: { light: { accent: '#0050b3' }, dark: { accent: '#91caff' } } });
    expect(text).toContain('--accent: #0050b3; ');
    expect(text).toMatch(/prefers-color-scheme: dark\) \{ :root \{[^}]*--accent: #91caff; /);
    expect(text).toContain('--ink: #1a211e; ');
  });

  it('has no dark scheme where the site has a light one alone', () => {
    const text = shown({ colors: { light: { accent: '#0050b3' } } });
    expect(text).toContain('color-scheme: light;');
    expect(text).not.toContain('prefers-color-scheme');
  });
});
