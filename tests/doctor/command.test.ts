import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { doctor as command } from '../../lib/cli/doctor';
import { readSettings } from '../../lib/configuration';
import { startDevelopment } from '../../lib/dev-stand/open.mjs';
import { checkRedirectUri } from '../../lib/doctor/authorization';
import { checkClient } from '../../lib/doctor/client-secret';
import { withDevelopmentCures } from '../../lib/doctor/development';
import { checkDiscovery } from '../../lib/doctor/discovery';
import type { Variable } from '../../lib/doctor/environment';
import type { Finding } from '../../lib/doctor/finding';
import { checkRedis, REDIS } from '../../lib/doctor/redis';
import { ensurePackage } from '../../local/package.mjs';
import { root } from '../../local/setup.mjs';
import { inheritedEnv } from '../../local/site.mjs';
import { type Env, network, passes, serveProvider, troubles } from './site-env';

const main = join(root, 'node_modules/next-gatehouse/dist/cli/main.js');
const MIDDLEWARE = `import { gatehouse } from 'next-gatehouse';
import site from './gatehouse.config';

export default gatehouse(site);

export const config = { matcher: [{ source: '/:path((?!_next/static/).*)?', locale: false }] };
`;
const CONFIG = `import { defineRules } from 'next-gatehouse';
export default { rules: defineRules([{ path: '/', allow: 'optional' }]) };
`;

let folder: string;
let stand: Awaited<ReturnType<typeof startDevelopment>>;
beforeAll(async () => {
  await ensurePackage(() => {});
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-doctor-'));
  stand = await startDevelopment({ appUrl: 'http://localhost:3998' });
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  const write = (file: string, text: string) => writeFileSync(join(folder, file), text);
  write('package.json', '{ "private": true }');
  write('middleware.ts', MIDDLEWARE);
  write('gatehouse.config.ts', CONFIG);
  write(
    'next.config.mjs',
    "import { withGatehouse } from 'next-gatehouse/config';\nexport default withGatehouse({});\n",
  );
  write(
    '.env.local',
    `${Object.entries(stand.env)
      .map(([name, value]) => `${name}=${value}`)
      .join('\n')}\n`,
  );
  write('.env.production', 'SESSION_IDLE_SECONDS=4711\n');
});
afterAll(async () => {
  await stand.close();
  rmSync(folder, { recursive: true, force: true });
});

/** The command, in a process of its own: the provider answers in this one. */
async function doctor(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const child = spawn(process.execPath, [main, 'doctor', folder, ...args], { env: { ...inheritedEnv(), ...env } });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const status = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { status, stdout, stderr };
}

interface Report {
  readonly version: number;
  readonly ok: boolean;
  readonly env: string;
  readonly summary: Readonly<Record<string, number>>;
  readonly findings: readonly Finding[];
  readonly variables: readonly Variable[];
}

const idleOf = (variables: readonly Variable[]) => variables.find(({ name }) => name === 'SESSION_IDLE_SECONDS');

/** Without the latency of Redis, which is that of the machine. */
const found = ({ findings }: Report) => troubles(findings).filter((one) => one !== 'warning redis-slow');

it('finds nothing wrong with a site in front of the provider of development', async () => {
  const { status, stdout, stderr } = await doctor(['--json']);
  const report = JSON.parse(stdout) as Report;
  expect(found(report)).toEqual(['note build-missing']);
  expect(idleOf(report.variables)).toMatchObject({ state: 'default', value: '604800' });
  expect(passes(report.findings)).toEqual(
    expect.arrayContaining([
      'redirect-uri-registered',
      'post-logout-registered',
      'client-accepted',
      'clock-agrees',
      'cookie-fits',
    ]),
  );
  expect(report).toMatchObject({ version: 1, ok: true, env: 'development', summary: { fault: 0 } });
  expect([status, stderr]).toEqual([0, '']);
});

it('reads the .env files of a mode as Next.js does', async () => {
  const { env, variables } = JSON.parse((await doctor(['--json', '--env', 'production'])).stdout) as Report;
  expect(env).toBe('production');
  expect(idleOf(variables)).toMatchObject({ state: 'set', value: '4711' });
});

it('prints what is wrong with a site for a reader, without a secret and without colours', async () => {
  const wrong = { SSO_CLIENT_SECRET: 'a-wrong-secret-in-the-process', APP_URL: 'https://elsewhere.example' };
  const { status, stdout, stderr } = await doctor([], wrong);
  expect(status).toBe(1);
  expect(stdout).toContain('FAULT   The token endpoint answers 401 invalid_client');
  expect(stdout).toContain('id    client-refused');
  expect(stdout).toContain('start it again as `npx gatehouse dev --write`');
  expect(stdout).toContain('SSO_CLIENT_SECRET         (set, secret)');
  expect(stdout).toMatch(/\n2 faults, \d warnings?, 1 note\.\n$/);
  const { SESSION_SECRET = '', UPSTASH_REDIS_REST_TOKEN = '', SSO_CLIENT_SECRET = '' } = stand.env;
  const secrets = [...Object.values(wrong).slice(0, 1), SESSION_SECRET, UPSTASH_REDIS_REST_TOKEN, SSO_CLIENT_SECRET];
  for (const secret of secrets) expect([secret.length > 10, (stdout + stderr).includes(secret)]).toEqual([true, false]);
  expect(stdout).not.toContain('\u001b');
});

/** What mends each finding, by a site with these variables in place of those of the stand. */
async function mends(env: Env) {
  const settings = readSettings({ ...stand.env, ...env });
  const { findings, metadata } = await checkDiscovery(settings.provider, network);
  const further = metadata
    ? [checkRedirectUri(metadata, settings.provider, network), checkClient(metadata, settings.provider, network)]
    : [];
  const [redis, ...others] = await Promise.all([checkRedis(settings.redis, network), ...further]);
  const cured = await withDevelopmentCures([...findings, ...others.flat(), ...redis.findings], settings, network);
  return Object.fromEntries(cured.flatMap(({ id, mend }) => (mend ? [[id, mend]] : [])));
}

it('names the command that mends what is wrong at the provider and the Redis of development', async () => {
  const again = /^Stop `npx gatehouse dev`, and start it again as `npx gatehouse dev --write`: it .*\.env\.local/;
  const wrong = {
    SSO_CLIENT_SECRET: 'a-wrong-secret-of-this-test',
    APP_URL: 'https://elsewhere.example',
    UPSTASH_REDIS_REST_TOKEN: 'another-token-of-this-test',
  };
  expect(await mends(wrong)).toMatchObject({
    'client-refused': expect.stringMatching(again),
    'redirect-uri-refused': expect.stringMatching(again),
    'redis-token': expect.stringMatching(again),
  });
  const { SSO_ISSUER = '' } = stand.env;
  const itsIssuer = `SSO_ISSUER=${SSO_ISSUER}`;
  expect(await mends({ SSO_ISSUER: `${SSO_ISSUER.replace('127.0.0.1', 'localhost')}/realm` })).toMatchObject({
    'discovery-refused': itsIssuer,
  });
  const nowhere = { SSO_ISSUER: 'http://127.0.0.1:9', UPSTASH_REDIS_REST_URL: 'http://127.0.0.1:9' };
  const start = expect.stringMatching(/^Start `npx gatehouse dev --write`/);
  expect(await mends(nowhere)).toMatchObject({ 'discovery-unreachable': start, 'redis-unreachable': start });
  const { SSO_ISSUER: _, ...redisNowhere } = nowhere;
  expect(await mends(redisNowhere)).toMatchObject({ 'redis-unreachable': expect.stringMatching(again) });
});

it('leaves the cures of another provider on this machine, and of a Redis elsewhere, as they are', async () => {
  const other = await serveProvider();
  const elsewhere = { ...other.env, SSO_CLIENT_SECRET: 'a-wrong-secret-of-this-test' };
  expect(Object.values(await mends(elsewhere)).join()).not.toContain('gatehouse dev');
  await other.close();
  const realm = { SSO_ISSUER: 'http://localhost:9/realms/shop', UPSTASH_REDIS_REST_URL: 'http://127.0.0.1:9' };
  expect(Object.values(await mends(realm)).join()).not.toContain('gatehouse dev');
  const { provider } = readSettings(stand.env);
  const redis = { url: 'https://redis.example', token: 'a-token' };
  const [finding] = await withDevelopmentCures([REDIS.found('redis-token')], { provider, redis }, network);
  expect(finding?.mend).toBe(REDIS.kinds['redis-token'].mend);
});

it('names all faulty variables at once, and a configuration that does not load', async () => {
  writeFileSync(
    join(folder, 'gatehouse.config.ts'),
    'export default { rules: [{ path: "no-slash", allow: "public" }] };',
  );
  try {
    const { status, stdout } = await doctor(['--json'], { SSO_ISSUER: 'nowhere', SESSION_SECRET: 'short' });
    const { findings } = JSON.parse(stdout) as Report;
    expect(troubles(findings)).toEqual([
      'fault variable-faulty',
      'fault variable-faulty',
      'note checks-left-out',
      'fault configuration-faulty',
      'note build-missing',
    ]);
    expect(status).toBe(1);
  } finally {
    writeFileSync(join(folder, 'gatehouse.config.ts'), CONFIG);
  }
});

it('measures the cookie of the claims in a file, and looks at a site that does not run', async () => {
  const claims = join(folder, 'claims.json');
  writeFileSync(claims, JSON.stringify({ sub: 'x', picture: 'p'.repeat(5_000) }));
  const { stdout } = await doctor(['--json', '--claims', claims, '--url', 'http://localhost:3998']);
  expect(found(JSON.parse(stdout))).toEqual(['note build-missing', 'warning cookie-drops', 'fault live-unreachable']);
});

it.each([
  [['--env', 'staging']],
  [['--url', 'nowhere']],
  [['--claims', 'no-such-file.json']],
  [['--no-such-option']],
  [['a-folder', 'and-another']],
  [['no-such-folder']],
])('refuses a wrong command line: %j', async (args) => {
  await expect(command(args, () => {})).rejects.toMatchObject({ name: 'CommandError', exitCode: 2 });
});

it('ends with 2 for a wrong command line', async () => {
  const { status, stdout, stderr } = await doctor(['--env', 'staging']);
  expect([status, stdout, stderr]).toEqual([2, '', 'gatehouse: --env is `production` or `development`.\n']);
});
