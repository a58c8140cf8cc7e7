import { execFile, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { ensurePackage } from '../local/package.mjs';
import { root } from '../local/setup.mjs';
import { isBroken, links } from './markdown';

const packed = join(root, 'node_modules/next-gatehouse');
const read = (file: string) => readFileSync(join(packed, file), 'utf8');
const filesIn = (folder: string) =>
  readdirSync(folder, { recursive: true, withFileTypes: true, encoding: 'utf8' })
    .filter((file) => file.isFile())
    .map((file) => relative(folder, join(file.parentPath, file.name)))
    .sort();

interface Manifest {
  readonly exports: Readonly<Record<string, string | { readonly types: string; readonly default: string }>>;
  readonly bin: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
}

let manifest: Manifest;
let files: string[];
let scripts: string[];
beforeAll(async () => {
  await ensurePackage(() => {});
  manifest = JSON.parse(read('package.json'));
  files = filesIn(packed);
  scripts = files.filter((file) => /\.m?js$/.test(file) && !file.startsWith('dist/vendor/'));
}, 60_000);

describe('the packed package', () => {
  it('is what the tarball holds', () => {
    const { version } = JSON.parse(read('package.json'));
    const tarball = join(root, `.artifacts/next-gatehouse-${version}.tgz`);
    const { stdout } = spawnSync('tar', ['-tzf', tarball], { encoding: 'utf8' });
    expect(stdout.trim().split('\n').sort()).toEqual(files.map((file) => `package/${file}`));
  });

  it('holds every file of lib/ as script, types and source map, the papers, and nothing else', () => {
    const sources = filesIn(join(root, 'lib')).filter((file) => /(?<!\.d)\.(m?ts|tsx)$|\.mjs$/.test(file));
    const built = sources.flatMap((file) => {
      const [, name, m] = /^(.*)\.(m?)[jt]sx?$/.exec(file) ?? [];
      return [`.d.${m}ts`, `.${m}js`, `.${m}js.map`].map((end) => `dist/${name}${end}`);
    });
    const vendored = files.filter((file) => file.startsWith('dist/vendor/'));
    expect(vendored.filter((file) => !/\.js$|\/LICENSES\.txt$/.test(file))).toEqual([]);
    const pages = readdirSync(join(root, 'docs')).filter((name) => name.endsWith('.md'));
    const papers = ['.env.example', 'AGENTS.md', 'CHANGELOG.md', 'LICENSE', 'README.md', 'SECURITY.md'];
    expect(files).toEqual(
      [...built, ...vendored, ...papers, ...pages.map((name) => `docs/${name}`), 'package.json'].sort(),
    );
  });

  it('has pages whose links all lead to a file and a heading of the package', () => {
    const pages = files.filter((file) => file.endsWith('.md'));
    const broken = pages.flatMap((page) =>
      links(read(page)).flatMap((target) => (isBroken(packed, page, target) ? [`${page}: ${target}`] : [])),
    );
    expect(broken).toEqual([]);
    expect(links(read('README.md'))).toEqual(expect.arrayContaining(['docs/rules.md', 'CHANGELOG.md', 'SECURITY.md']));
    expect(links(read('docs/configuration.md'))).toContain('../.env.example');
  });

  it('names the files of the repository that its pages refer to, in place of a link', () => {
    expect(read('README.md')).toContain('[Rules](docs/rules.md)');
    expect(read('README.md')).toContain('roles (`tests/bypass/roles.test.ts`)');
    expect(read('docs/architecture.md')).toContain('`lib/gate.ts`');
    expect(read('SECURITY.md')).toContain('\n`tests/bypass` has tables');
    expect(read('README.md')).not.toContain('demo.png');
  });

  it('names no folder of the machine that built it', () => {
    expect(files.filter((file) => read(file).includes(root.replace(/\/$/, '')))).toEqual([]);
  });

  it('has the sources in the source maps, under names that are no files of a site', () => {
    for (const script of scripts) {
      const { sourceRoot, sources, sourcesContent } = JSON.parse(read(`${script}.map`));
      const name = script.replace(/^dist\//, '').replace(/(?<!m)js$/, 'ts');
      const source = existsSync(join(root, 'lib', name)) ? name : `${name}x`;
      expect([sourceRoot, sources.length, sourcesContent]).toEqual([
        'next-gatehouse:///',
        1,
        [readFileSync(join(root, 'lib', source), 'utf8')],
      ]);
    }
  });

  it('runs nothing when it is installed, and cannot be published by mistake', () => {
    expect(manifest).not.toHaveProperty('scripts');
    expect(manifest).toMatchObject({ private: true, type: 'module', sideEffects: false, engines: { node: '>=20.9' } });
  });

  it('depends on what it imports, or on what that has as a peer, and on nothing else', () => {
    const used = new Set(scripts.flatMap((script) => importedBy(read(script))));
    const { dependencies, peerDependencies } = manifest;
    const named = [...Object.keys(dependencies), ...Object.keys(peerDependencies)];
    expect([...used].filter((name) => !named.includes(name))).toEqual([]);
    const peers = Object.keys(dependencies).flatMap((name) => Object.keys(manifestOf(name).peerDependencies ?? {}));
    expect(named.filter((name) => !used.has(name) && !peers.includes(name))).toEqual([]);
  });
});

const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
const manifestOf = (name: string): Partial<Manifest> => lock.packages[`node_modules/${name}`];

/** Packages that a script imports; what stands in comments is an example. */
function importedBy(script: string): string[] {
  const code = script.replace(/^\s*(\*|\/\*|\/\/).*$/gm, '');
  const names = [...code.matchAll(/\b(?:from |import |import\(|require\()['"]([^'".][^'"]*)['"]/g)];
  return names.flatMap(([, name = '']) => {
    // What `init` writes into a site is a template, and imports this package.
    if (/^node:|^\$\{|^next-gatehouse\b/.test(name)) return [];
    return [name.split('/', name.startsWith('@') ? 2 : 1).join('/')];
  });
}

describe('the public doors', () => {
  it('are files of the package, with types', () => {
    const doors = Object.values(manifest.exports).flatMap((door) =>
      typeof door === 'string' ? [door] : [door.types, door.default],
    );
    const named = [...doors, ...Object.values(manifest.bin)].map((path) => path.replace(/^\.\//, ''));
    expect(named.filter((path) => !files.includes(path))).toEqual([]);
  });

  it.each([
    ['next-gatehouse', ['defineRules', 'defineUpstreams', 'englishTexts', 'env', 'gatehouse', 'indonesianTexts']],
    ['next-gatehouse/client', ['SessionCountdown', 'SignIn', 'SignOut', 'useSession']],
    ['next-gatehouse/config', ['supportGate', 'withGatehouse']],
    ['next-gatehouse/testing', ['createTestSession', 'gatehouseFixtures', 'startTestProvider', 'startTestRedis']],
  ])('%s loads in plain Node, by import and by require', async (door, names) => {
    const node = (code: string, type: string) =>
      spawnSync(process.execPath, [`--input-type=${type}`, '-e', code], { cwd: root, encoding: 'utf8' });
    const imported = node(`console.log(JSON.stringify(Object.keys(await import('${door}'))))`, 'module');
    expect([imported.stderr, JSON.parse(imported.stdout)]).toEqual(['', names]);
    // What a next.config.js of a site without "type": "module" does (Node 20.19 and later).
    const required = node(`console.log(JSON.stringify(Object.keys(require('${door}')).sort()))`, 'commonjs');
    expect(JSON.parse(required.stdout)).toEqual(names);
  });

  it('next-gatehouse/testing works outside the repository, with the dependencies of the package alone', () => {
    const site = mkdtempSync(join(tmpdir(), 'site-'));
    cpSync(packed, join(site, 'node_modules/next-gatehouse'), { recursive: true });
    for (const name of Object.keys(manifest.dependencies)) {
      mkdirSync(join(site, 'node_modules', name, '..'), { recursive: true });
      symlinkSync(join(root, 'node_modules', name), join(site, 'node_modules', name));
    }
    writeFileSync(join(site, 'kit.mjs'), KIT);
    const { stdout, stderr } = spawnSync(process.execPath, ['kit.mjs'], { cwd: site, encoding: 'utf8' });
    rmSync(site, { recursive: true });
    expect([stdout, stderr]).toEqual(['gatehouse_session 200 1\n', '']);
  });

  it('keep the components of the browser apart from those of the server', () => {
    const clients = scripts.filter((script) => /^'use client';/.test(read(script)));
    expect(clients).toEqual(['dist/client/countdown.js', 'dist/client/use-session.js']);
  });

  it('open nothing else', () => {
    const require = createRequire(join(root, 'package.json'));
    expect(() => require.resolve('next-gatehouse/dist/gate.js')).toThrow(/not defined by "exports"/);
  });
});

/** Prints the name of a session's cookie, the answer to its refresh, and how many calls its record has cost Redis. */
const KIT = `
import { createTestSession, startTestProvider, startTestRedis } from 'next-gatehouse/testing';
const [provider, redis] = [await startTestProvider(), await startTestRedis()];
const env = { ...provider.env, ...redis.env, SESSION_SECRET: 'abcdefghijklmnopqrstuvwxyz012345' };
const { cookie, refreshToken } = await createTestSession({ env, tokens: 'over' });
const { SSO_CLIENT_ID: client_id, SSO_CLIENT_SECRET: client_secret } = env;
const body = new URLSearchParams({ grant_type: 'refresh_token', refresh_token: refreshToken, client_id, client_secret });
const { status } = await fetch(provider.issuer + '/token', { method: 'POST', body });
console.log(cookie.name, status, redis.calls());
await Promise.all([provider.close(), redis.close()]);
`;

/** What a site writes, with claims of its own. */
const SITE = `
import { defineRules, defineUpstreams, env, gatehouse, type GatehouseConfig, type Session, type User } from 'next-gatehouse';
import { SessionCountdown, SignIn, useSession, type SessionState } from 'next-gatehouse/client';
import { supportGate, withGatehouse } from 'next-gatehouse/config';
import { AccessTokenError, createServerHelpers, fetchAsUser, getAccessToken, getSession, requireSession } from 'next-gatehouse/server';
import { createTestSession, type GatehouseFixtures, gatehouseFixtures, startTestProvider } from 'next-gatehouse/testing';
import { test as base, type BrowserContext } from '@playwright/test';
import type { GetServerSidePropsContext, NextApiRequest, NextConfig } from 'next';
import type { NextRequest } from 'next/server';

declare module 'next-gatehouse' {
  interface UserClaims {
    readonly roles?: readonly string[];
  }
}

export const rules = defineRules([
  { path: '/', allow: 'public' },
  { path: '/admin/*', methods: ['GET'], allow: { roles: ['admin'] }, alwaysCheck: true },
]);
export const upstreams = defineUpstreams([
  { path: '/api/*', to: env('API_URL'), token: 'user', resource: 'https://api.example', timeout: 5 },
  // @ts-expect-error a parameter
  { path: '/:tenant/*', to: 'https://api.example', token: 'optional' },
]);
const site: GatehouseConfig = { rules, upstreams, openActions: ['save'], onEvent: (event) => console.log(event) };
export default gatehouse(site);

const next: NextConfig = { reactStrictMode: true };
export const config: NextConfig = withGatehouse(next, { maxBodyBytes: 1_000 });
export const computed: (phase: string) => Promise<NextConfig> = withGatehouse(async (phase: string) => ({ env: { phase } }));
supportGate();

export const inPages = ({ req }: GetServerSidePropsContext): Promise<Session | null> => getSession(req);
export const inApiRoute = (request: NextApiRequest | NextRequest | Request): Promise<Session | null> => getSession(request);

export function useRoles(initial?: Session | null): readonly string[] {
  const state: SessionState = useSession(initial);
  // @ts-expect-error no such status
  if (state.status === 'anonymous') return [];
  SignIn({ returnTo: '/', className: 'button' });
  SessionCountdown({ thresholdSeconds: 30, text: '{time}' });
  return state.session?.user.roles ?? [];
}

export async function orders(request: NextApiRequest): Promise<Response | string> {
  try {
    const token: string = await getAccessToken({ scope: 'orders', minTtlSeconds: 30 }, request);
    return await fetchAsUser('https://api.example/orders', { headers: { 'x-length': String(token.length) } });
  } catch (error) {
    return error instanceof AccessTokenError ? error.code : 'UNKNOWN';
  }
}

export const test = base.extend<GatehouseFixtures>(gatehouseFixtures());
test.use({ gatehouseEnv: { SSO_ISSUER: 'http://127.0.0.1:4000' } });
test('an administrator', async ({ page, signedInAs, signedOut }) => {
  const { sub }: { sub: string } = await signedInAs({ roles: ['admin'], tokens: 'due' });
  // @ts-expect-error a state of tokens
  await signedInAs({ sub, tokens: 'old' });
  await signedOut();
  await page.goto('/admin');
});

export async function inTests(context: BrowserContext): Promise<number> {
  const provider = await startTestProvider({ siteUrl: 'http://localhost:3000', rotation: false });
  provider.faults.idToken = ({ email, ...claims }) => ({ ...claims, nonce: 'another' });
  await context.addCookies([(await createTestSession({ env: provider.env })).cookie]);
  return provider.refreshes().length;
}

export async function roles(): Promise<readonly string[]> {
  const session: Session | null = await getSession();
  const user: User = (await requireSession({ roles: ['admin'] })).user;
  // @ts-expect-error the declared claim is a list
  const wrong: number | undefined = user.roles;
  const other = await createServerHelpers(site).getSession();
  return [...(session?.user.roles ?? []), ...(user.roles ?? []), ...(other?.user.roles ?? []), String(wrong), user.sub];
}
`;

describe('the types of the package', () => {
  it.each([
    ['loose', []],
    ['strict', ['--exactOptionalPropertyTypes', '--noUncheckedIndexedAccess']],
  ])(
    'hold in a %s site, whose own claims `getSession()` knows',
    async (name, options) => {
      const dir = join(root, '.artifacts/types', name);
      rmSync(dir, { recursive: true, force: true });
      mkdirSync(dir, { recursive: true });
      writeFileSync(join(dir, 'site.ts'), SITE);
      const compilerOptions = {
        strict: true,
        target: 'ES2017',
        lib: ['DOM', 'DOM.Iterable', 'ESNext'],
        module: 'esnext',
        moduleResolution: 'bundler',
        jsx: 'react-jsx',
        noEmit: true,
        types: ['node'],
      };
      writeFileSync(join(dir, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.ts'] }));
      const lines = await compile(dir, options);
      // Next's own declarations do not hold without `skipLibCheck`; those of the package do.
      expect(lines.filter((line) => /^\S.*error TS/.test(line) && !/node_modules\/next\//.test(line))).toEqual([]);
    },
    120_000,
  );
});

const compile = (dir: string, options: readonly string[]): Promise<string[]> =>
  new Promise((resolve) => {
    const tsc = join(root, 'node_modules/typescript/bin/tsc');
    execFile(process.execPath, [tsc, '-p', dir, ...options], (_, stdout) => resolve(stdout.split('\n')));
  });
