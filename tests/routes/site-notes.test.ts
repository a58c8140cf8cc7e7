import { describe, expect, it } from 'vitest';
import { bodyLimitNote } from '../../lib/cli/site-notes.ts';
import type { Rule } from '../../lib/policy/rule';
import { judge, type Site, site } from './judge';

describe('Draft Mode', () => {
  const draftMode = ['app/draft/route.ts', 'pages/api/a.ts', 'pages/api/b.ts', 'pages/api/c.ts'];

  it('is a fault that names the places and the way out, and a warning when the site says that it knows', () => {
    const { faults, warnings } = judge({ draftMode }, []);
    expect([faults.length, warnings]).toEqual([1, []]);
    expect(faults[0]).toContain('used in app/draft/route.ts, pages/api/a.ts, pages/api/b.ts and 1 more: ');
    expect(faults[0]).toContain('allowsDraftMode: true');
    const known = judge({ draftMode }, [], { allowsDraftMode: true });
    expect([known.faults, known.warnings]).toEqual([[], [expect.stringContaining('used in app/draft/route.ts')]]);
    expect(judge({ draftMode }, [], { allowsDraftMode: false }).faults).toHaveLength(1);
  });

  it('is not spoken of where it is not used', () => {
    expect(judge({}, [])).toMatchObject({ faults: [], warnings: [] });
  });
});

describe('a Content-Security-Policy of the site', () => {
  const csp = (value: string, key = 'Content-Security-Policy'): Site['headers'] => [
    { source: '/:path*', headers: [{ key, value }] },
  ];

  it.each([
    ["form-action 'self'"],
    ["form-action 'none'"],
    ['form-action'],
    ["default-src *; Form-Action  'SELF' ; frame-ancestors 'none'"],
    ["form-action 'self'; form-action *"], // the first one counts
    ["default-src 'self', form-action 'self'"],
    ["form-action *, form-action 'self'"], // both must be met
  ])('that lets forms end at the site alone is a warning and no fault: %s', (value) => {
    const { warnings, faults } = judge({ headers: csp(value, 'content-security-policy') }, []);
    expect([warnings, faults]).toEqual([[expect.stringContaining('SSO_FORM_REDIRECTS=page')], []]);
    expect(warnings[0]).toContain('of /:path* has `form-action');
  });

  it.each([
    ["default-src 'none'; frame-ancestors 'none'"],
    ["form-action 'self' https://op.example"],
    ["form-action 'self' https:; form-action 'self'"],
    ['form-action *'],
  ])('that lets them end elsewhere is none: %s', (value) => {
    expect(judge({ headers: csp(value) }, []).warnings).toEqual([]);
  });

  it('that only reports is none', () => {
    expect(judge({ headers: csp("form-action 'self'", 'Content-Security-Policy-Report-Only') }, []).warnings).toEqual(
      [],
    );
  });
});

describe('what is fetched without cookies', () => {
  const cookieless = ['/icon.svg', '/sitemap/[__metadata_id__]', '/.well-known/[name]'];

  it('is a warning where no rule opens it, and no fault', () => {
    const { warnings, faults } = judge({ cookieless }, []);
    expect([warnings, faults]).toEqual([
      [expect.stringContaining(`no rule opens them: ${cookieless.join(', ')}.`)],
      [],
    ]);
  });

  it.each<[rules: Rule[], left: string[]]>([
    [[{ path: '/icon.svg', allow: 'public' }], ['/sitemap/[__metadata_id__]', '/.well-known/[name]']],
    [[{ path: '/sitemap/*', methods: ['GET'], allow: 'optional' }], ['/icon.svg', '/.well-known/[name]']],
    [[{ path: '/.well-known/security.txt', allow: 'public' }], ['/icon.svg', '/sitemap/[__metadata_id__]']],
    [[{ path: '/*', methods: ['POST'], allow: 'public' }], cookieless],
    [[{ path: '/*', allow: { roles: ['admin'] } }], cookieless],
    [[{ path: '/*', allow: 'public' }], []],
  ])('is left out where a rule opens it to GET: %j', (rules, left) => {
    const [named = ''] = judge({ cookieless }, rules).warnings;
    expect(cookieless.filter((route) => named.includes(route))).toEqual(left);
  });
});

describe('the limit of bodies', () => {
  it.each([
    [10 * 1024 * 1024, 'up to 10 MB'],
    [4.5 * 1024 * 1024, 'up to 4.5 MB'],
    [512 * 1024, 'up to 512 kB'],
  ])('of %i bytes is said with what happens to larger ones', (bodyLimit, said) => {
    expect(bodyLimitNote({ ...site, bodyLimit })).toMatch(new RegExp(`${said} .*413`));
  });
});

describe('a configuration with variables of its own', () => {
  it('is a warning that names the helpers to use, and no fault', () => {
    const { warnings, faults } = judge({}, [], { hasOwnVariables: true });
    expect([warnings, faults]).toEqual([[expect.stringContaining('`createServerHelpers(site)`')], []]);
    expect(judge({}, [], { hasOwnVariables: false }).warnings).toEqual([]);
  });
});
