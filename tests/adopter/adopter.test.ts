import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { root } from '../../local/setup.mjs';
import { answers, buildSite, freePort, inheritedEnv, startSite } from '../../local/site.mjs';
import { gatehouse } from '../routes/gatehouse';

const page = (text: string) => `export default function Page() { return <p>${text}</p>; }\n`;

/** A site that was there before the gate: an `app/` in `src/`, and a configuration of its own. */
const SITE = {
  'src/app/layout.tsx':
    'export default function Layout({ children }: { children: React.ReactNode }) { return <html><body>{children}</body></html>; }\n',
  'src/app/page.tsx': page('ADOPTER-start'),
  'src/app/dashboard/page.tsx': page('ADOPTER-dashboard'),
  'src/app/who/page.tsx': page('ADOPTER-who'),
  'tsconfig.json': JSON.stringify({
    compilerOptions: {
      strict: true,
      lib: ['DOM', 'DOM.Iterable', 'ESNext'],
      module: 'esnext',
      moduleResolution: 'bundler',
      jsx: 'react-jsx',
      skipLibCheck: true,
      noEmit: true,
      types: ['node'],
    },
    include: ['**/*.ts', '**/*.tsx'],
  }),
};

const MAX_BODY_BYTES = 1_000;
const configuration = (options: object) => `import { withGatehouse } from './src/lib/next/with-gatehouse.mjs';
export default withGatehouse(
  ${JSON.stringify({ ...options, turbopack: { root }, outputFileTracingRoot: root })},
  { maxBodyBytes: ${MAX_BODY_BYTES} },
);
`;

/** The middleware of its own that the documentation shows how to join. */
const own = inDocs('configuration', '// middleware.ts of a site that has one');
/** What it shows for a site that runs without Next's command. */
const instrumentation = inDocs('deployment', '// instrumentation.ts');

/** The code of a page of the documentation that begins with these words. */
function inDocs(page: string, start: string): string {
  const blocks = readFileSync(join(root, `docs/${page}.md`), 'utf8').matchAll(/```ts\n([\s\S]*?)```/g);
  const found = [...blocks].map(([, code = '']) => code).find((code) => code.startsWith(start));
  if (found === undefined) throw new Error(`no code in docs/${page}.md starts with ${start}`);
  return found;
}

async function adopt(name: string, gateFile: string, files: Readonly<Record<string, string>>, args: string[]) {
  const dir = join(root, '.artifacts/adopter', name);
  rmSync(dir, { recursive: true, force: true });
  for (const [path, text] of Object.entries({ ...SITE, ...files })) {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), text);
  }
  cpSync(join(root, 'middleware.ts'), join(dir, 'src', gateFile));
  cpSync(join(root, 'lib'), join(dir, 'src/lib'), { recursive: true });
  const rules = join(dir, 'src/lib/site.ts');
  writeFileSync(
    rules,
    readFileSync(rules, 'utf8').replace(
      "'/', allow: 'optional' }",
      "'/', allow: 'public' },\n{ path: '/who', allow: 'optional' }",
    ),
  );
  await buildSite({ dir, args });
  const url = `http://localhost:${await freePort(0)}`;
  const { url: redisUrl, token } = inject('redis');
  const env = {
    SSO_ISSUER: 'http://127.0.0.1:9',
    SSO_CLIENT_ID: 'adopter',
    SSO_REDIRECT_URI: `${url}/auth/callback`,
    SSO_POST_LOGOUT_URI: `${url}/signed-out`,
    SESSION_SECRET: 'adopter-secret-0123456789-abcdefghij',
    UPSTASH_REDIS_REST_URL: redisUrl,
    UPSTASH_REDIS_REST_TOKEN: token,
  };
  const server = join(dir, '.next/standalone', relative(root, dir), 'server.js');
  const site = { url, mode: 'production', dir, env, log: () => {} } as const;
  const { close } = await (existsSync(server) ? startStandalone(server, url, env) : startSite(site));
  return { dir, url, close };
}

/** A site without Next's command, as it is put into a container. */
async function startStandalone(server: string, url: string, env: Readonly<Record<string, string>>) {
  const { port } = new URL(url);
  const child = spawn(process.execPath, [server], {
    env: { ...inheritedEnv(), NODE_ENV: 'production', ...env, PORT: port, HOSTNAME: 'localhost' },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  await answers(url, AbortSignal.timeout(30_000));
  const exited = once(child, 'exit');
  return {
    async close() {
      child.kill();
      await exited;
    },
  };
}

/** As the README says: `middleware.ts` and `lib/` side by side, beside `app/`. */
describe.each([
  [
    'with Turbopack, to run on its own',
    'middleware.ts',
    { 'src/instrumentation.ts': instrumentation, 'next.config.mjs': configuration({ output: 'standalone' }) },
    [],
  ],
  [
    'with webpack, and a middleware of its own',
    'gatehouse.ts',
    { 'src/middleware.ts': own, 'next.config.mjs': configuration({}) },
    ['--webpack'],
  ],
] as const)('a site with a src/ folder that took the gate in: %s', (name, gateFile, files, args) => {
  let site: Awaited<ReturnType<typeof adopt>>;
  beforeAll(async () => {
    site = await adopt(name.replaceAll(/\W+/g, '-'), gateFile, files, [...args]);
  }, 240_000);
  afterAll(() => site?.close());

  it('is closed but for what a rule opens', async () => {
    const closed = await fetch(`${site.url}/dashboard`);
    expect(closed.status).toBe(401);
    expect(await closed.text()).not.toContain('ADOPTER');
    const open = await fetch(site.url);
    expect(open.status).toBe(200);
    expect(await open.text()).toContain('ADOPTER-start');
    expect(open.headers.get('x-own')).toBe(gateFile === 'gatehouse.ts' ? '1' : null);
    expect(closed.headers.get('x-own')).toBeNull();
  });

  it('says of a page that depends on the session that it does', async () => {
    const page = await fetch(`${site.url}/who`);
    expect(await page.text()).toContain('ADOPTER-who');
    expect(page.headers.get('vary')).toMatch(/rsc.*, Cookie/i);
  });

  it.each([
    ['with a length', (bytes: number) => 'x'.repeat(bytes)],
    ['in chunks', (bytes: number) => new Blob(['x'.repeat(bytes)]).stream()],
  ])('refuses a body over its limit: %s', async (_, bodyOf) => {
    const post = async (bytes: number) => {
      const sent = { method: 'POST', body: bodyOf(bytes), duplex: 'half' };
      const { status, headers } = await fetch(`${site.url}/.well-known/none`, sent);
      return [status, headers.get('content-type')];
    };
    expect(await post(MAX_BODY_BYTES)).toEqual([404, 'text/html; charset=utf-8']);
    expect(await post(MAX_BODY_BYTES + 1)).toEqual([413, 'application/problem+json']);
  });

  it('is closed to the header of a revalidation with the preview id of the build', async () => {
    const manifest = readFileSync(join(site.dir, '.next/prerender-manifest.json'), 'utf8');
    const { previewModeId } = JSON.parse(manifest).preview;
    const asked = await fetch(`${site.url}/dashboard`, { headers: { 'x-prerender-revalidate': previewModeId } });
    expect([typeof previewModeId, asked.status]).toEqual(['string', 401]);
  });

  it('is judged by rules of its own', () => {
    const routes = gatehouse('routes', site.dir);
    expect(routes.stdout).toMatch(/^\/ +\/ → public$/m);
    expect(routes.status).toBe(0);
  });
});
