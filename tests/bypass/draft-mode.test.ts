import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { draftModeUses } from '../../lib/cli/draft-mode.ts';
import { root } from '../../local/setup.mjs';
import { buildSite } from '../../local/site.mjs';

const handler = (body: string, before = '') =>
  `${before}\nexport async function GET() { ${body} return new Response('x'); }\n`;
const NAMED = "import { draftMode } from 'next/headers';";

/** Every way to it that a site may write, each in a file of its own, which is what has to be found. */
const USES = {
  'app/named/route.ts': handler('(await draftMode()).enable();', NAMED),
  'app/all/route.ts': handler('(await all.draftMode()).enable();', "import * as all from 'next/headers';"),
  'app/later/route.ts': handler("const { draftMode } = await import('next/headers'); (await draftMode()).enable();"),
  'app/all-later/route.ts': handler("const all = await import('next/headers'); (await all.draftMode()).enable();"),
  'app/required/route.ts': handler('(await draftMode()).enable();', "const { draftMode } = require('next/headers');"),
  'app/renamed/route.ts': handler('(await list.on()).enable();', `${NAMED} const on = draftMode; const list = { on };`),
  'app/edge/route.ts': handler('(await draftMode()).enable();', `${NAMED} export const runtime = 'edge';`),
  'app/action/page.tsx': `${NAMED}
export default function Page() {
  async function on() { 'use server'; (await draftMode()).enable(); }
  return <form action={on} />;
}`,
  'app/read/page.tsx': `${NAMED}
export default async function Page() { return <p>{String((await draftMode()).isEnabled)}</p>; }`,
  'pages/api/draft.ts': 'export default (_: any, response: any) => { response.setDraftMode({ enable: true }); };',
  'pages/api/preview.ts': 'export default (_: any, response: any) => { response.setPreviewData({}); };',
  'pages/api/unpacked.ts':
    'export default (_: any, response: any) => { const { setPreviewData: on } = response; on({}); };',
  'node_modules/draft-of-app/index.js':
    "const { draftMode } = require('next/headers');\nexports.on = async () => (await draftMode()).enable();\n",
  'node_modules/draft-of-pages/index.js': 'exports.on = (response) => response.setPreviewData({});\n',
};

/** What brings Next's own code for it into the build, and is no use of it. */
const OTHERS = {
  'app/layout.tsx':
    'export default function Layout({ children }: { children: React.ReactNode }) { return <html><body>{children}</body></html>; }\n',
  'app/cookies/route.ts': handler('await cookies();', "import { cookies } from 'next/headers';"),
  'app/cookies-later/route.ts': handler("const { cookies } = await import('next/headers'); await cookies();"),
  'app/cookies-edge/route.ts': handler(
    'await cookies();',
    "import { cookies } from 'next/headers'; export const runtime = 'edge';",
  ),
  'pages/api/cleared.ts': 'export default (_: any, response: any) => { response.clearPreviewData(); };',
  'app/of-package/route.ts': handler('await on();', "import { on } from 'draft-of-app';"),
  'pages/api/of-package.ts':
    "import { on } from 'draft-of-pages';\nexport default (_: any, response: any) => { on(response); };",
  'next.config.mjs': `export default ${JSON.stringify({
    turbopack: { root },
    outputFileTracingRoot: root,
    outputFileTracingExcludes: { 'next-server': ['**/node_modules/next/**'] }, // Next's own code, which takes longest
    serverExternalPackages: ['draft-of-app', 'draft-of-pages'],
    typescript: { ignoreBuildErrors: true },
    experimental: { turbopackFileSystemCacheForBuild: false, cpus: 1 },
  })};\n`,
};

type Bundler = 'turbopack' | 'webpack';
const siteOf = (bundler: Bundler) => join(root, '.artifacts/draft-mode', bundler);

/** Builds the site when it is another one than that of the build, or Next is. */
async function ensureBuild(bundler: Bundler): Promise<void> {
  const dir = siteOf(bundler);
  const files = { ...USES, ...OTHERS };
  const made = JSON.stringify({ files, lock: readFileSync(join(root, 'package-lock.json'), 'utf8') });
  const stamp = join(dir, 'made-of.json');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === made) return;
  rmSync(dir, { recursive: true, force: true });
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), text);
  }
  await buildSite({ dir, args: bundler === 'webpack' ? ['--webpack'] : [] });
  writeFileSync(stamp, made);
}

const BUNDLERS: readonly Bundler[] = ['turbopack', 'webpack'];
beforeAll(() => Promise.all(BUNDLERS.map(ensureBuild)), 600_000);

describe.each(BUNDLERS)('Draft Mode in a site that %s has built', (bundler) => {
  it('is found in each of its uses, and nowhere else', () => {
    const uses = draftModeUses(join(siteOf(bundler), '.next'));
    const found = (path: string) => uses.some((use) => use.includes(path.replace(/\.tsx?$/, '')));
    expect(Object.keys(USES).filter((path) => !found(path))).toEqual([]);
    expect(uses).toHaveLength(Object.keys(USES).length);
  });
});
