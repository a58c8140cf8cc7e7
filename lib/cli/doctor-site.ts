/** What `gatehouse doctor` reads of a site: its environment, its sources, its versions and its build. */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { env as processEnv, versions } from 'node:process';
import type { BuildFacts, SiteFacts, SourceFile } from '../doctor/site.ts';
import { builtSite } from './built-site.ts';
import { loadDefault, type Policy } from './load-config.ts';
import { type HeaderRule, readManifest } from './manifests.ts';
import { judged } from './routes.ts';

type Env = Readonly<Record<string, string | undefined>>;

interface NextEnv {
  loadEnvConfig(folder: string, isDev: boolean, log: object): { readonly combinedEnv: Env };
}

/**
 * The variables of the process and of the site's `.env` files, in the order of Next: the process first, then
 * `.env.<mode>.local`, `.env.local`, `.env.<mode>`, `.env`. Without Next in the folder those of the process alone.
 */
export function siteEnvironment(folder: string, mode: 'production' | 'development'): Env {
  const require = requireOf(folder);
  try {
    const ofNext = createRequire(require.resolve('next/package.json'));
    const { loadEnvConfig } = ofNext('@next/env') as NextEnv;
    const silent = { info() {}, error() {} };
    const { combinedEnv } = loadEnvConfig(folder, mode === 'development', silent);
    return { ...combinedEnv };
  } catch {
    return { ...processEnv };
  }
}

const requireOf = (folder: string) => createRequire(join(folder, 'package.json'));

const EXTENSIONS = ['ts', 'js', 'mjs', 'mts', 'cjs'];

function filesAt(folder: string, names: readonly string[]): SourceFile[] {
  const paths = names.flatMap((name) => EXTENSIONS.map((extension) => `${name}.${extension}`));
  return paths
    .filter((path) => existsSync(join(folder, path)))
    .map((file) => ({ file, source: readFileSync(join(folder, file), 'utf8') }));
}

/** @param policy absent when the configuration of the gate does not load */
export async function siteFacts(folder: string, policy: Policy | undefined): Promise<SiteFacts> {
  const build = join(folder, '.next');
  const isBuilt = existsSync(join(build, 'BUILD_ID'));
  const [nextConfig] = filesAt(folder, ['next.config']);
  return {
    middleware: filesAt(folder, ['middleware', 'proxy', 'src/middleware', 'src/proxy']),
    nextConfig,
    versions: {
      node: versions.node,
      next: versionOf(folder, 'next'),
      react: versionOf(folder, 'react'),
      'next-gatehouse': ownVersion(),
    },
    build: isBuilt && policy ? await buildFacts(folder, build, policy) : undefined,
    headers: isBuilt
      ? (readManifest(build, 'routes-manifest.json').headers ?? [])
      : await configured(folder, nextConfig),
  };
}

function versionOf(folder: string, name: string): string | undefined {
  try {
    return (requireOf(folder)(`${name}/package.json`) as { readonly version: string }).version;
  } catch {
    return undefined;
  }
}

function ownVersion(): string | undefined {
  try {
    return (createRequire(import.meta.url)('../../package.json') as { readonly version: string }).version;
  } catch {
    return undefined;
  }
}

async function buildFacts(folder: string, build: string, policy: Policy): Promise<BuildFacts> {
  const site = builtSite(folder, build);
  const { rows, faults, warnings } = await judged(site, folder, build, policy);
  return {
    open: rows.flatMap(({ route, fault }) => (fault ? [`${route} is open: ${fault}`] : [])),
    faults,
    warnings: warnings.filter((warning) => !warning.includes('form-action')),
    bodyLimit: site.bodyLimit,
  };
}

interface NextConfig {
  headers?(): Promise<readonly HeaderRule[]>;
}

/** The headers of a configuration that was not built; none when it does not load here. */
async function configured(folder: string, file: SourceFile | undefined): Promise<readonly HeaderRule[]> {
  if (!file) return [];
  const { warn } = console;
  console.warn = () => {}; // `withGatehouse` warns of what is a finding here
  try {
    const exported = await loadDefault(join(folder, file.file), folder);
    const value = typeof exported === 'function' ? exported('phase-production-build', { defaultConfig: {} }) : exported;
    return (await ((await value) as NextConfig).headers?.()) ?? [];
  } catch {
    return []; // the build says what is wrong with it
  } finally {
    console.warn = warn;
  }
}
