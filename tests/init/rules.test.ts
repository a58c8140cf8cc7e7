import { expect, it } from 'vitest';
import { ruleFaults } from '../../lib/policy/check-rules';
import { siteFolder } from './site-folder';

/** The paths that the written configuration opens. */
async function opened(files: Readonly<Record<string, string | null>>) {
  const site = siteFolder(files);
  const { code, printed } = await site.init();
  expect(code).toBe(0);
  const [file = ''] = Object.keys(site.files()).filter((path) => /gatehouse\.config\.[jt]s$/.test(path));
  const found = site.read(file).matchAll(/^ {2}\{ path: '(.+)', allow: '(\w+)' \},$/gm);
  const rules = [...found].map(([, path, allow]) => ({ path, allow }));
  expect(ruleFaults(rules)).toEqual({});
  const of = (allow: string) => rules.filter((rule) => rule.allow === allow).map(({ path }) => path);
  expect(rules.every(({ allow }) => allow === 'public' || allow === 'optional')).toBe(true);
  return { open: of('public'), optional: of('optional'), printed };
}

const ALWAYS = ['/.well-known/*', '/favicon.ico', '/robots.txt'];
const empty = (...paths: string[]) => Object.fromEntries(paths.map((path) => [path, '']));

it('opens the start page, and what every site is asked for without cookies', async () => {
  expect(await opened({})).toMatchObject({ open: ALWAYS, optional: ['/'] });
});

it('opens metadata files of app/, at the addresses that Next gives them', async () => {
  const { open } = await opened({
    ...empty('app/icon.svg', 'app/manifest.ts', 'app/robots.ts', 'app/(shop)/opengraph-image.png', 'app/_x/icon.png'),
    ...empty('app/blog/[slug]/page.tsx', 'app/blog/[slug]/opengraph-image.tsx', 'app/docs/[...all]/icon.png'),
    'app/sitemap.ts': 'export async function generateSitemaps() {}',
    'app/team/apple-icon.tsx': '',
  });
  expect(open).toEqual([
    '/.well-known/*',
    '/blog/:slug/opengraph-image',
    '/favicon.ico',
    '/icon.svg',
    '/manifest.webmanifest',
    '/opengraph-image-12nzgn.png',
    '/robots.txt',
    '/sitemap/*',
    '/team/apple-icon',
  ]);
});

it('opens pictures and fonts of public/ by folder, and no other file', async () => {
  const { open, printed } = await opened(
    empty(
      ...Array.from({ length: 200 }, (_, place) => `public/images/deep/${place}.png`),
      ...[
        'public/logo.svg',
        'public/fonts/a.woff2',
        'public/site.webmanifest',
        'public/robots.txt',
        'public/report.pdf',
      ],
      ...['public/mixed/a.png', 'public/mixed/list.csv', 'public/mixed/icons/b.svg', 'public/.well-known/security.txt'],
    ),
  );
  expect(open).toEqual([
    ...ALWAYS,
    '/site.webmanifest',
    '/fonts/*',
    '/images/*',
    '/mixed/icons/*',
    '/logo.svg',
    '/mixed/a.png',
  ]);
  expect(printed).toContain('Note: public/ has files that now need a session: /mixed/list.csv, /report.pdf.');
});

it('opens no folder below which a page of the site answers', async () => {
  const { open } = await opened(empty('public/images/a.png', 'public/shop/b.png', 'app/images/[id]/page.tsx'));
  expect(open).toEqual([...ALWAYS, '/shop/*', '/images/a.png']);
});

it('opens single files where the first segment of a page can be anything', async () => {
  const { open, printed } = await opened({
    ...empty('app/favicon.ico', 'app/[locale]/page.tsx', 'app/[locale]/account/page.tsx', 'public/images/a.png'),
    ...empty(...Array.from({ length: 30 }, (_, place) => `public/many/${100 + place}.png`)),
  });
  expect(open.slice(0, 3)).toEqual(['/favicon.ico', '/images/a.png', '/many/100.png']);
  expect(open).toHaveLength(25);
  expect(printed).toContain('Note: public/ has 7 more pictures');
});

it('opens what API routes and pages answer under names that crawlers look for', async () => {
  const { open } = await opened({
    'app/page.tsx': null,
    ...empty('pages/index.tsx', 'pages/sitemap.xml.tsx', 'pages/[...all].tsx'),
  });
  expect(open).toEqual(['/sitemap.xml']);
});

it('names the locales of next-intl, so that a rule is for all of them', async () => {
  const site = siteFolder({
    'package.json': '{ "dependencies": { "next-intl": "4" } }',
    'app/page.tsx': null,
    'src/app/[locale]/page.tsx': '',
    'src/app/[locale]/opengraph-image.png': '',
    'src/i18n/routing.ts':
      "const locales = ['en', 'de'] as const;\nexport const routing = defineRouting({ locales, defaultLocale: 'en' });\n",
  });
  await site.init();
  const text = site.read('src/gatehouse.config.ts');
  expect(text).toContain("export default { rules, locales: ['en', 'de'] } satisfies GatehouseConfig;");
  expect(text.match(/path: '[^']+', allow: '\w+'/g)).toEqual([
    "path: '/', allow: 'optional'",
    "path: '/opengraph-image.png', allow: 'public'",
  ]);
});

it('is a configuration in JavaScript on a site without TypeScript', async () => {
  expect(await opened({ 'tsconfig.json': null })).toMatchObject({ optional: ['/'] });
});
