import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { installCli, runCli } from '../../local/vercel-cli.mjs';

interface Package {
  readonly version?: string;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const pinned = join(import.meta.dirname, '../../local/vercel-cli');
const read = (path: string) => JSON.parse(readFileSync(path, 'utf8'));
const lock = read(join(pinned, 'package-lock.json')).packages as Readonly<Record<string, Package>>;
const packages = Object.entries(lock).filter(([path]) => path !== '');

/** As Node looks for it: beside the package that asks, and then in every folder above. */
function find(name: string, from: string): boolean {
  if (lock[`${from ? `${from}/` : ''}node_modules/${name}`]) return true;
  return from !== '' && find(name, from.slice(0, Math.max(from.lastIndexOf('/node_modules/'), 0)));
}

describe('the lock of the Vercel CLI', () => {
  it('is of its package.json, which names exact versions', () => {
    const { dependencies, overrides } = read(join(pinned, 'package.json'));
    expect(lock['']).toMatchObject({ dependencies });
    for (const [name, version] of Object.entries(dependencies)) {
      expect(version).toMatch(/^\d+\.\d+\.\d+$/);
      expect(lock[`node_modules/${name}`]?.version).toBe(version);
    }
    for (const version of Object.values(overrides)) expect(version).toMatch(/^(npm:[\w-]+@)?\d+\.\d+\.\d+$/);
  });

  it('has every package on which its packages depend', () => {
    const missing = Object.entries(lock).flatMap(([path, { dependencies, optionalDependencies }]) =>
      Object.keys({ ...dependencies, ...optionalDependencies }).filter((name) => !find(name, path)),
    );
    expect(packages.length).toBeGreaterThan(100);
    expect(missing).toEqual([]);
  });

  it('has a SHA-512 of every package, and names no registry but npm’s own', () => {
    const loose = packages.filter(([, { integrity }]) => !/^sha512-[\w+/]{86}==$/.test(integrity ?? ''));
    expect(loose).toEqual([]);
    const elsewhere = packages.filter(([, { resolved }]) => !(resolved ?? REGISTRY).startsWith(REGISTRY));
    expect(elsewhere).toEqual([]);
  });
});

const REGISTRY = 'https://registry.npmjs.org/';

/** Writes down how it was called, and as npm does lays down a command line, which writes down how it is called. */
const NPM = `#!${process.execPath}
const { mkdirSync, writeFileSync } = require('node:fs');
const say = "require('node:fs').writeFileSync(process.argv[1] + '.json', JSON.stringify({ args: process.argv.slice(2), env: process.env }))";
eval(say);
mkdirSync('node_modules/vercel/dist', { recursive: true });
writeFileSync('node_modules/vercel/dist/vc.js', say);
writeFileSync('node_modules/.package-lock.json', '{}');
`;

describe('the process of the Vercel CLI', () => {
  const made: string[] = [];
  afterEach(() => {
    vi.unstubAllEnvs();
    for (const folder of made.splice(0)) rmSync(folder, { recursive: true });
  });

  /** A folder with a program called npm in it, which is found before every other. */
  function withNpm() {
    const folder = mkdtempSync(join(tmpdir(), 'vercel-cli-'));
    made.push(folder);
    const [bin, cli] = [join(folder, 'bin'), join(folder, 'cli')];
    mkdirSync(bin);
    writeFileSync(join(bin, 'npm'), NPM);
    chmodSync(join(bin, 'npm'), 0o755);
    vi.stubEnv('PATH', `${bin}${delimiter}${process.env.PATH}`);
    const toldNpm = () => read(join(bin, 'npm.json')) as { args: string[]; env: Record<string, string> };
    const toldCli = () => read(join(cli, 'node_modules/vercel/dist/vc.js.json')) as ReturnType<typeof toldNpm>;
    return { cli, toldNpm, toldCli, calledNpm: () => existsSync(join(bin, 'npm.json')) };
  }

  it('inherits no variable that it does not need, neither at the install nor at the build', () => {
    const { cli, toldNpm, toldCli } = withNpm();
    const secrets = ['GITHUB_TOKEN', 'NPM_TOKEN', 'npm_config__auth', 'npm_config_//registry.npmjs.org/:_authToken'];
    const others = ['VERCEL_TOKEN', 'AWS_SECRET_ACCESS_KEY', 'NODE_OPTIONS', 'SSO_CLIENT_SECRET', 'ANYTHING', 'XPATH'];
    for (const name of [...secrets, ...others]) vi.stubEnv(name, name === 'NODE_OPTIONS' ? '--no-warnings' : 'planted');
    expect(installCli(() => {}, cli)).toBeUndefined();
    runCli(['build'], { cwd: cli, env: { SSO_ISSUER: 'given' }, folder: cli });
    for (const { env } of [toldNpm(), toldCli()]) {
      expect(Object.keys(env)).toContain('PATH');
      expect(Object.keys(env).filter((name) => [...secrets, ...others].includes(name))).toEqual([]);
      expect(JSON.stringify(env)).not.toContain('planted');
    }
    expect(toldCli().env.SSO_ISSUER).toBe('given');
  });

  it('has the way to the registry for the install only, and for the build a home of its own', () => {
    const { cli, toldNpm, toldCli } = withNpm();
    const forNpm = { HTTPS_PROXY: 'http://proxy.test', npm_config_registry: 'https://registry.test/', HOME: cli };
    for (const [name, value] of Object.entries(forNpm)) vi.stubEnv(name, value);
    installCli(() => {}, cli);
    runCli([], { cwd: cli, env: {}, folder: cli });
    expect(toldNpm().env).toMatchObject(forNpm);
    expect(toldCli().env).not.toHaveProperty('HTTPS_PROXY');
    expect(toldCli().env).not.toHaveProperty('npm_config_registry');
    expect(toldCli()).toMatchObject({
      args: ['--global-config', join(cli, 'home')],
      env: { HOME: join(cli, 'home'), VERCEL_CLI_USE_NATIVE_BINARY: '0' },
    });
  });

  it('is installed by the lock, without install scripts, once for every lock', () => {
    const first = withNpm();
    installCli(() => {}, first.cli);
    expect(first.toldNpm().args.slice(0, 2)).toEqual(['ci', '--ignore-scripts']);
    for (const name of ['package.json', 'package-lock.json'])
      expect(readFileSync(join(first.cli, name), 'utf8')).toBe(readFileSync(join(pinned, name), 'utf8'));

    const again = withNpm();
    installCli(() => {}, first.cli);
    expect(again.calledNpm()).toBe(false);
    writeFileSync(join(first.cli, 'package-lock.json'), '{}');
    installCli(() => {}, first.cli);
    expect(again.calledNpm()).toBe(true);
  });
});
