/** The site's `gatehouse.config`, loaded as the site wrote it: TypeScript or JavaScript, ESM or CommonJS. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createJiti } from 'jiti';
import type { Appearance } from '../pages/appearance.ts';
import { lookFaults } from '../pages/check-pages.ts';
import type { LookOptions } from '../pages/look.ts';
import type { OwnPages } from '../pages/own-page.ts';
import { ruleFaults } from '../policy/check-rules.ts';
import { upstreamFaults } from '../policy/check-upstreams.ts';
import { localeFaults, localesOf } from '../policy/locales.ts';
import type { Rule } from '../policy/rule.ts';
import { opennessOf } from '../policy/rules.ts';
import type { Upstream } from '../policy/upstream.ts';
import type { GatehouseConfig } from '../site-configuration.ts';
import { CommandError } from './command-error.ts';

/** What a site permits, as its configuration says it. */
export interface Policy {
  readonly rules: readonly Rule[];
  readonly upstreams?: readonly Upstream[];
  /** What stands in front of the site's paths: one rule is then for all languages. */
  readonly locales?: readonly string[];
  readonly openActions: readonly string[];
  readonly allowsDraftMode?: boolean | undefined;
  readonly appearance?: Appearance | undefined;
  readonly pages?: OwnPages | undefined;
  /** Whether the configuration brings its own variables. */
  readonly hasOwnVariables?: boolean;
  /** Those, where it does. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
}

const NAMES = ['ts', 'mts', 'js', 'mjs'].map((extension) => `gatehouse.config.${extension}`);

/** @throws {CommandError} there is no configuration in the folder or its `src/`, or it does not load */
export async function loadPolicy(folder: string): Promise<Policy> {
  const file = [folder, join(folder, 'src')]
    .flatMap((place) => NAMES.map((name) => join(place, name)))
    .find((path) => existsSync(path));
  if (!file)
    throw new CommandError(
      `there is no ${NAMES.join(', ')} in ${folder} or its src/. \`npx gatehouse init\` writes one.`,
    );
  const {
    rules = [],
    upstreams = [],
    locales = [],
    openActions = [],
    ...others
  } = checked(await loadDefault(file, folder), file);
  const { allowsDraftMode, appearance, pages, env } = others;
  const hasOwnVariables = env !== undefined;
  return { rules, upstreams, locales, openActions, allowsDraftMode, appearance, pages, hasOwnVariables, env };
}

/** The name of the package leads to the copy that this command is part of, so that the rules are read by one version. */
const OWN = fileURLToPath(new URL('../index.js', import.meta.url));
const OWN_CONFIG = fileURLToPath(new URL('../config.js', import.meta.url));

/** Packages that say where a module may run. Next takes them away where it compiles one; by themselves they throw here. */
const MARKERS = { 'server-only': {}, 'client-only': {} };

/** A module of the site, outside of its bundler. */
export function loadModule(file: string, folder: string): Promise<Record<PropertyKey, unknown>> {
  const tsconfig = join(folder, 'tsconfig.json');
  const jiti = createJiti(import.meta.url, {
    fsCache: false, // the command leaves nothing in the site's folder
    moduleCache: false,
    interopDefault: false,
    alias: { 'next-gatehouse/config': OWN_CONFIG, 'next-gatehouse': OWN },
    virtualModules: MARKERS,
    ...(existsSync(tsconfig) && { tsconfigPaths: tsconfig }),
  });
  return jiti.import(file);
}

/**
 * The default export of a module of the site.
 *
 * @throws {CommandError} it does not load
 */
export async function loadDefault(file: string, folder: string): Promise<unknown> {
  try {
    return defaultOf(await loadModule(file, folder));
  } catch (error) {
    throw new CommandError(`${file} does not load: ${reasonOf(error)}`);
  }
}

/** The first line of what went wrong. */
export const reasonOf = (error: unknown): string =>
  String(error instanceof Error ? error.message : error).split('\n')[0] ?? '';

/** The default export of a module, or what a CommonJS module exports instead of one. */
export function defaultOf(module: Record<PropertyKey, unknown>): unknown {
  const isModule = module[Symbol.toStringTag] === 'Module' || module.__esModule === true;
  return isModule ? module.default : module;
}

/** @throws {CommandError} the value is no configuration */
function checked(value: unknown, file: string): GatehouseConfig {
  const fault = faultOf(value);
  if (fault) throw new CommandError(`${file} ${fault}.`);
  return value as GatehouseConfig;
}

function faultOf(value: unknown): string | undefined {
  if (!isObject(value)) return 'has no configuration as its default export';
  const { rules = [], upstreams = [], locales = [], openActions = [] } = value;
  const faults = { ...ruleFaults(rules), ...upstreamFaults(upstreams), ...localeFaults(locales) };
  const isOpen = (path: string) => opennessOf(path, rules as Rule[], localesOf(locales as string[])) !== 'closed';
  const ofLook = Object.keys(faults).length === 0 ? lookFaults(value as LookOptions, isOpen) : {};
  const [[place, fault] = []] = Object.entries({ ...faults, ...ofLook });
  if (place !== undefined) return `has \`${place}\` that is not valid: ${fault}`;
  return Array.isArray(openActions) ? undefined : 'has `openActions` that are no list of names';
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
