/** What is there: the parts of a site that `gatehouse init` reads before it changes anything. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { CommandError } from './command-error.ts';
import { localOrigin } from './dev-script.ts';
import { textOf } from './init-files.ts';
import { bare, keyOf, literalOf, literalsIn, literalsOf, nodesIn, parsed, type Style, styleOf } from './init-source.ts';

export interface FoundSite {
  readonly folder: string;
  /** Where `app/`, `pages/` and the middleware are: the folder, or `src/` in it. */
  readonly base: string;
  readonly app: string | undefined;
  readonly pages: string | undefined;
  readonly isTyped: boolean;
  /** Configurations of Next; it takes the first. */
  readonly nextConfigs: readonly string[];
  readonly middlewares: readonly string[];
  /** A configuration of the gate that is there already. */
  readonly gatehouseConfig: string | undefined;
  /** Undefined when it is computed, and cannot be read. */
  readonly basePath: string | undefined;
  /** Where it is in development. */
  readonly origin: string;
  /** Whether a build makes a server of its own (`output: 'standalone'`). */
  readonly isStandalone: boolean;
  readonly instrumentation: string | undefined;
  /** Whether Next itself takes locales off paths: its configuration has `i18n`. */
  readonly hasLocales: boolean;
  /** Locales that are the first segment of paths (next-intl); none with Next's own `i18n`, which rules do not see. */
  readonly locales: readonly string[];
  readonly isInstalled: boolean;
  /** A library among the dependencies that signs in as well; `docs/migrating.md` is about each of them. */
  readonly otherLibrary: string | undefined;
  readonly packageManager: 'npm' | 'pnpm' | 'yarn' | 'bun';
  readonly style: Style;
}

/** @throws {CommandError} there is no site of Next in the folder, or Next itself would refuse it */
export function findSite(folder: string): FoundSite {
  const [app, pages] = ['app', 'pages'].map((name) => firstOf(folder, [name, `src/${name}`]));
  const place = app ?? pages;
  if (!place)
    throw new CommandError(`there is no app/ or pages/ in ${folder} or its src/. Is it the folder of the site?`);
  const base = dirname(place);
  if (pages && dirname(pages) !== base)
    throw new CommandError(
      'app/ and pages/ are in different folders, and Next refuses that. Move one beside the other.',
    );
  const dependencies = dependenciesOf(folder);
  const nextConfigs = present(
    folder,
    /* by Next's order */ ['js', 'mjs', 'ts', 'mts'].map((end) => `next.config.${end}`),
  );
  const middlewares = present(
    base,
    ['middleware', 'proxy'].flatMap((name) => [`${name}.ts`, `${name}.js`, `${name}.mjs`]),
  );
  const sources = [nextConfigs[0], ...middlewares, ...routingFiles(folder), ...layouts(base)];
  const text = sources.flatMap((path) => (path && textOf(path)) || []).join('\n');
  const usesNextIntl = 'next-intl' in dependencies || /['"]next-intl(\/|['"])/.test(text); // a monorepo has it above
  const ofConfig = (name: string) => nextConfigs.slice(0, 1).flatMap((path) => membersOf(path, name));
  return {
    folder,
    base,
    app,
    pages,
    isTyped: existsSync(join(folder, 'tsconfig.json')),
    nextConfigs,
    middlewares,
    gatehouseConfig: firstOf(folder, GATEHOUSE_CONFIGS),
    basePath: nextConfigs[0] ? basePathOf(nextConfigs[0]) : '',
    isStandalone: ofConfig('output').some((value) => literalsIn(value).has('standalone')),
    instrumentation: present(
      base,
      ['ts', 'tsx', 'js', 'jsx', 'mjs'].map((end) => `instrumentation.${end}`),
    )[0],
    hasLocales: ofConfig('i18n').length > 0,
    origin: localOrigin(manifestOf(folder)),
    locales: usesNextIntl ? localesOf([...routingFiles(folder), ...middlewares]) : [],
    isInstalled: 'next-gatehouse' in dependencies,
    otherLibrary: OTHER_LIBRARIES.find((name) => name in dependencies),
    packageManager: packageManagerOf(folder),
    style: styleOf(text),
  };
}

const OTHER_LIBRARIES = ['@auth0/nextjs-auth0', 'next-auth', 'iron-session', '@clerk/nextjs'];

/** As `loadPolicy` finds it. */
const GATEHOUSE_CONFIGS = ['', 'src/'].flatMap((place) =>
  ['ts', 'mts', 'js', 'mjs'].map((end) => `${place}gatehouse.config.${end}`),
);

const present = (folder: string, names: readonly string[]) =>
  names.map((name) => join(folder, name)).filter((path) => existsSync(path));
const firstOf = (folder: string, names: readonly string[]) => present(folder, names)[0];

/** Files that tell how the site is written, when no configuration does. */
const layouts = (base: string) =>
  present(
    base,
    ['app/layout', 'pages/_app', 'pages/index'].flatMap((name) => ['.tsx', '.jsx', '.js'].map((end) => name + end)),
  ).slice(0, 1);

function dependenciesOf(folder: string): object {
  const { dependencies, devDependencies } = manifestOf(folder);
  return { ...(dependencies as object), ...(devDependencies as object) };
}

function manifestOf(folder: string): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8').replace(/^\uFEFF/, ''));
  } catch {
    return {};
  }
}

const LOCKS = {
  'pnpm-lock.yaml': 'pnpm',
  'yarn.lock': 'yarn',
  'bun.lock': 'bun',
  'bun.lockb': 'bun',
  'package-lock.json': 'npm',
} as const;

/** Of the folder, or of the monorepo around it. */
function packageManagerOf(folder: string): FoundSite['packageManager'] {
  const named = /^(npm|pnpm|yarn|bun)@/.exec(String(manifestOf(folder).packageManager))?.[1];
  const [, locked] = Object.entries(LOCKS).find(([name]) => existsSync(join(folder, name))) ?? [];
  const found = named ?? locked;
  if (found) return found as FoundSite['packageManager'];
  const above = dirname(folder);
  const isTop = above === folder || existsSync(join(folder, '.git'));
  return isTop ? 'npm' : packageManagerOf(above);
}

/** The members of that name in all object literals of a module. */
function membersOf(path: string, name: string): unknown[] {
  const program = parsed(textOf(path) ?? '', path);
  return [...nodesIn(program)].flatMap((node) => {
    const isMember = node.type === 'ObjectProperty' && node.computed !== true && keyOf(node.key) === name;
    return isMember ? [resolved(node.value, program)] : [];
  });
}

/** The value of a constant of the same module, for its name. */
function resolved(value: unknown, program: unknown): unknown {
  const { type, name } = value as { type: string; name?: string };
  if (type !== 'Identifier') return value;
  const constant = [...nodesIn(program)].find(
    (node) => node.type === 'VariableDeclarator' && (node.id as { name?: string }).name === name,
  );
  return constant?.init ?? value;
}

function basePathOf(path: string): string | undefined {
  const values = membersOf(path, 'basePath').map(literalOf);
  return values.length === 0 ? '' : values.length === 1 ? values[0] : undefined;
}

const routingFiles = (folder: string) =>
  present(
    folder,
    ['', 'src/'].flatMap((place) =>
      ['i18n/routing', 'i18n/config', 'i18n', 'routing', 'navigation', 'config', 'lib/i18n'].flatMap((name) =>
        ['.ts', '.js', '.mjs'].map((end) => place + name + end),
      ),
    ),
  );

const localesOf = (paths: readonly string[]): string[] =>
  [
    ...new Set(
      paths.flatMap((path) => membersOf(path, 'locales').flatMap((value) => literalsOf(bareValue(value)) ?? [])),
    ),
  ].filter((locale) => /^[\w-]+$/.test(locale));

const bareValue = (value: unknown) => bare(value as { type: string });
