import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { root } from '../../local/setup.mjs';
import { gatehouse, routes } from './gatehouse';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

const ROUTES = ['/', '/about', '/admin', '/docs/[slug]', '/[locale]', '/[locale]/about', '/[locale]/admin'];
const RULES = `[
  { path: '/', allow: 'public' },
  { path: '/about', allow: 'public' },
  { path: '/docs/*', allow: 'optional' },
  { path: '/admin/*', allow: { roles: ['admin'] } },
]`;

interface Parts {
  readonly members?: string;
  readonly files?: Readonly<Record<string, string>>;
  readonly manifest?: object;
  /** In a process of its own. */
  readonly isProcess?: boolean;
}

/** What the command says of a site with this middleware. */
async function judged(middleware: string, { members = '', files = {}, manifest = {}, isProcess = false }: Parts = {}) {
  mkdirSync(join(root, '.artifacts'), { recursive: true });
  const folder = mkdtempSync(join(root, '.artifacts/own-'));
  folders.push(folder);
  const all = {
    'package.json': '{}',
    'gatehouse.config.ts': `export default { rules: ${RULES}, ${members} };`,
    'middleware.ts': middleware,
    '.next/BUILD_ID': 'x',
    '.next/app-path-routes-manifest.json': JSON.stringify(
      Object.fromEntries(ROUTES.map((route) => [`${route}/page`, route])),
    ),
    '.next/routes-manifest.json': JSON.stringify(manifest),
    '.next/server/middleware-manifest.json': JSON.stringify({
      middleware: { '/': { matchers: [{ regexp: '^/.*$' }] } },
    }),
    ...files,
  };
  for (const [name, text] of Object.entries(all)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  const { status, stdout, stderr } = isProcess ? gatehouse('routes', folder) : await routes(folder);
  expect(stderr).toBe('');
  const lines = (kind: string) => [...stdout.matchAll(new RegExp(`^${kind}: (.*)$`, 'gm'))].map(([, text]) => text);
  return { status, faults: lines('FAULT'), warnings: lines('WARNING'), stdout };
}

/** A middleware whose own part has this body. */
const own = (body: string, more = '') => `
  import { NextResponse } from 'next/server';
  import { gatehouse } from 'next-gatehouse';
  import site from './gatehouse.config';
  ${more}
  async function own(request, event) { ${body} }
  export default gatehouse(site, { then: own });
  export const config = { matcher: [{ source: '/:path((?!_next/static/).*)?', locale: false }] };
`;
const to = (path: string) => `return NextResponse.rewrite(new URL(${path}, request.url));`;
const INTL = `
  import createMiddleware from 'next-intl/middleware';
  import { defineRouting } from 'next-intl/routing';
  import { gatehouse } from 'next-gatehouse';
  import site from './gatehouse.config';
  const own = createMiddleware(defineRouting({ locales: ['en', 'de'], defaultLocale: 'en', localePrefix: 'MODE' }));
  export default gatehouse(site, { then: own });
`;

const LOCALES = { members: "locales: ['en', 'de']" };
const at = (path: string, body: string) => `if (request.nextUrl.pathname === '${path}') { ${body} }`;
/** To what is as open; from what is closed; and to another origin from where the gate hides its cookies. */
const HARMLESS = [
  at('/about', to("'/docs/about'")),
  at('/admin', to("'/docs/about'")),
  at('/', to("'https://x.example/'")),
  'return NextResponse.next();',
].join('\n');
/** Modules and requests that leave something open, or print. */
const NOISE = "setInterval(() => {}, 1000); console.log('printed by the site');";

describe('gatehouse routes and the rewrites of the site’s own middleware', { timeout: 60_000 }, () => {
  it.each<[string, string, Parts]>([
    ['is the gate alone', "import { gatehouse } from 'next-gatehouse'; export default gatehouse({});", {}],
    [
      'opens nothing, and prints and waits',
      own(`event.waitUntil(Promise.reject()); ${HARMLESS}`, NOISE),
      { isProcess: true },
    ],
    ['is next-intl (as-needed), whose locales the rules know', INTL.replace('MODE', 'as-needed'), LOCALES],
    ['is next-intl (always), whose locales the rules know', INTL.replace('MODE', 'always'), LOCALES],
  ])('is content when it %s', async (_, middleware, parts) => {
    const { status, faults, warnings, stdout } = await judged(middleware, parts);
    expect({ faults, warnings, status }).toEqual({ faults: [], warnings: [], status: 0 });
    expect(stdout).not.toContain('printed');
  });

  it.each<[string, string, Parts, RegExp]>([
    [
      'opens pages by chance',
      own(`if (Math.random() > 0.5) ${to("'/admin'")}`),
      {},
      /^middleware\.ts opens .* to \/admin/,
    ],
    [
      'opens a page below a base path',
      own(at('/about', to("'/base/admin?q=secret'"))),
      { manifest: { basePath: '/base' } },
      /it rewrites \/about to \/admin\.$/,
    ],
    [
      'hands the cookies over',
      own(at('/docs', to("'https://user:secret@docs.example/x?key=secret'"))),
      {},
      /^middleware\.ts hands the session cookie to another origin under \/docs\/\* → optional: it rewrites \/docs to https:\/\/docs\.example\/x\?key=…: add/,
    ],
    [
      'puts a language in front that the rules do not know',
      INTL.replace('MODE', 'as-needed'),
      {},
      /\/about to \/en\/about.*\. Where en is a language, name it in `locales`\.$/,
    ],
    [
      'serves another page of a language',
      own(at('/de/about', to("'/en/admin'"))),
      LOCALES,
      /it rewrites \/de\/about to \/en\/admin\.$/,
    ],
  ])('fails when it %s', async (_, middleware, parts, text) => {
    const { status, faults, stdout } = await judged(middleware, parts);
    expect(faults).toEqual([expect.stringMatching(text)]);
    expect(status).toBe(1);
    expect(stdout).not.toContain('secret');
  });

  it.each<[string, string, RegExp[]]>([
    [
      'does not load',
      "import 'no-such-package'; export default 1;",
      [
        /^it is not known where middleware\.ts rewrites requests to: it does not load outside of the bundler: .*no-such-package/,
      ],
    ],
    ['is no gate', 'export default () => undefined;', [/its export is not what `gatehouse\(\)` returns\.$/]],
    [
      'throws, fetches, never answers, or looks at what cannot be known',
      own(`
        ${at('/about', "throw new RangeError('secret');")}
        ${at('/docs', 'return new Promise(() => {});')}
        ${at('/', "await fetch('https://flags.example/').catch(() => {});")}
        if (request.cookies.get('bucket') || request.headers.get('Authorization')) return;
        return NextResponse.rewrite(new URL('/docs/' + (request.headers.get('host') === 'localhost:3000'), request.url));
      `),
      [
        /because it fails for a request that Next has not made: \/about \(RangeError\), \/docs \(Timeout\)\.$/,
        /is known for those without cookie bucket, header authorization, header host, which it looks at\.$/,
        /may depend on what it fetches/,
      ],
    ],
    ['ends the process', own('process.exit(0);'), [/it ended the process\.$/]],
  ])('warns when it %s', async (_, middleware, texts) => {
    const { status, warnings, faults, stdout } = await judged(middleware);
    expect(faults).toEqual([]);
    expect(warnings).toEqual(texts.map((text) => expect.stringMatching(text)));
    expect(status).toBe(0);
    expect(stdout).not.toContain('secret');
  });
});
