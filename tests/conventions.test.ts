import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fieldRows } from '../lib/field-table';
import { allFields } from '../lib/fields';
import { routeTable } from '../lib/route-table';
import { writeTable } from '../local/generated-docs.mjs';
import { functionLengths } from './function-lengths';

/**
 * The import law: what a room of `lib/` may import, rooms or files of `lib/` by name and packages with a colon. A file with a
 * row of its own is no part of its room.
 */
const LAW: Readonly<Record<string, readonly string[]>> = {
  problems: [],
  errors: ['problems'],
  types: [],
  events: [],
  'bounded-map': [],
  loopback: [],
  objects: [],
  'says-nothing': [],
  spans: ['errors', 'problems'],
  timers: [],
  timing: [],
  turns: ['bounded-map'],
  repeats: ['events', 'problems', 'timing'],
  routes: [],
  'route-table': ['routes'],
  parsers: ['loopback', 'routes'],
  fields: ['parsers', 'types'],
  'field-table': ['fields'],
  configuration: ['errors', 'fields', 'parsers', 'types'],
  crypto: ['types', 'npm:jose', 'npm:node:buffer'],
  policy: ['loopback', 'objects', 'says-nothing', 'timing', 'types'],
  'site-configuration': ['events', 'pages', 'policy'],
  next: ['bounded-map', 'policy', 'timing', 'types', 'npm:node:http', 'npm:node:net'],
  pages: ['errors', 'problems', 'types'],
  responses: ['crypto', 'errors', 'pages', 'problems', 'types'],
  protocol: [
    'bounded-map',
    'crypto',
    'errors',
    'loopback',
    'objects',
    'says-nothing',
    'spans',
    'timing',
    'types',
    'npm:jose',
    'npm:oauth4webapi',
  ],
  session: ['crypto', 'objects', 'timing', 'types', 'npm:jose'],
  store: ['bounded-map', 'crypto', 'errors', 'spans', 'timers', 'timing', 'turns', 'types', 'npm:@upstash', 'npm:jose'],
  provider: ['errors', 'events', 'protocol', 'store', 'timers', 'timing', 'types', 'npm:jose'],
  renewal: [
    'bounded-map',
    'crypto',
    'errors',
    'events',
    'objects',
    'policy',
    'protocol',
    'provider',
    'says-nothing',
    'spans',
    'store',
    'timers',
    'timing',
    'turns',
    'types',
    'type:context',
  ],
  handlers: [
    'crypto',
    'errors',
    'events',
    'next',
    'pages',
    'policy',
    'problems',
    'protocol',
    'provider',
    'renewal',
    'responses',
    'routes',
    'session',
    'spans',
    'store',
    'timers',
    'timing',
    'types',
    'type:context',
  ],
  context: [
    'bounded-map',
    'configuration',
    'crypto',
    'errors',
    'events',
    'pages',
    'policy',
    'protocol',
    'provider',
    'renewal',
    'store',
    'types',
  ],
  development: ['errors', 'events', 'loopback', 'pages', 'spans', 'types'],
  'own-pages': [
    'errors',
    'next',
    'pages',
    'policy',
    'problems',
    'responses',
    'session',
    'timing',
    'types',
    'type:context',
  ],
  dispatch: ['errors', 'handlers', 'next', 'policy', 'routes', 'types', 'type:context'],
  gate: [
    'crypto',
    'dispatch',
    'errors',
    'events',
    'loopback',
    'next',
    'own-pages',
    'pages',
    'policy',
    'problems',
    'repeats',
    'responses',
    'spans',
    'types',
    'type:context',
  ],
  'next/environment': ['development', 'events', 'site-configuration'],
  'next/own-middleware': ['errors', 'next', 'types', 'npm:next'],
  'next/middleware': [
    'context',
    'development',
    'gate',
    'next',
    'next/environment',
    'next/own-middleware',
    'site-configuration',
    'types',
    'npm:next',
  ],
  'next/server-session': [
    'configuration',
    'crypto',
    'next/environment',
    'next/server-deps',
    'next/server-sessions',
    'next/server-tokens',
    'pages',
    'policy',
    'session',
    'site-configuration',
    'timing',
    'types',
    'npm:next',
    'npm:react',
  ],
  'next/server-deps': ['context', 'next/environment', 'site-configuration', 'timers', 'timing', 'npm:next'],
  'next/server-tokens': [
    'crypto',
    'errors',
    'next',
    'next/server-deps',
    'policy',
    'protocol',
    'renewal',
    'timing',
    'types',
    'type:context',
    'type:next/server-session',
    'npm:next',
  ],
  'next/server-sessions': [
    'crypto',
    'handlers',
    'next/server-deps',
    'protocol',
    'session',
    'store',
    'types',
    'type:context',
    'type:next/server-session',
    'npm:next',
    'npm:react',
  ],
  'next/node-server': ['next', 'next/body-limit', 'npm:node:diagnostics_channel', 'npm:node:http', 'npm:node:net'],
  'next/with-gatehouse': ['next', 'next/body-limit', 'next/node-server'],
  'next/body-limit': ['next', 'npm:node:crypto', 'npm:node:http'],
  index: ['events', 'next/middleware', 'pages', 'policy', 'site-configuration', 'types'],
  server: ['next', 'next/server-session', 'next/server-sessions', 'next/server-tokens', 'pages', 'policy', 'types'],
  config: ['next/with-gatehouse', 'next/node-server'],
  client: ['timing', 'types', 'npm:react'],
  'dev-redis': [
    'npm:node:child_process',
    'npm:node:crypto',
    'npm:node:events',
    'npm:node:fs',
    'npm:node:http',
    'npm:node:net',
    'npm:node:os',
    'npm:node:path',
    'npm:@redis',
    'npm:fengari',
  ],
  'dev-stand': ['dev-provider', 'dev-redis', 'npm:node:crypto', 'npm:node:fs', 'npm:node:path'],
  'dev-provider': [
    'npm:node:crypto',
    'npm:node:events',
    'npm:node:http',
    'npm:node:net',
    'npm:jose',
    'npm:oidc-provider',
  ],
  testing: [
    'configuration',
    'context',
    'crypto',
    'dev-redis',
    'errors',
    'handlers',
    'policy',
    'session',
    'store',
    'types',
    'npm:jose',
    'npm:node:crypto',
    'npm:node:events',
    'npm:node:http',
    'npm:node:net',
  ],
  doctor: [
    'configuration',
    'crypto',
    'errors',
    'field-table',
    'fields',
    'loopback',
    'next',
    'policy',
    'protocol',
    'session',
    'store',
    'timing',
    'types',
    'npm:jose',
  ],
  cli: [
    'crypto',
    'dev-provider',
    'dev-stand',
    'doctor',
    'fields',
    'next',
    'parsers',
    'pages',
    'policy',
    'routes',
    'site-configuration',
    'timing',
    'npm:@babel',
    'npm:diff',
    'npm:magic-string',
    'npm:node:child_process',
    'npm:node:async_hooks',
    'npm:node:fs',
    'npm:node:http',
    'npm:node:https',
    'npm:node:module',
    'npm:node:path',
    'npm:node:process',
    'npm:node:url',
    'npm:node:util',
    'npm:node:worker_threads',
    'npm:jiti',
    'npm:path-to-regexp',
  ],
};
/** Files of the handlers' room that handlers are made of; a handler imports no other handler. */
const PARTS_OF_HANDLERS = [
  'after-logout',
  'ask-to-sign-in',
  'asked-ending',
  'current-session',
  'end-sessions',
  'finish-login',
  'form-body',
  'limit-rate',
  'login',
  'new-session',
  'pass-on',
  'proxy',
  'proxy-answer',
  'proxy-attempts',
  'proxy-body',
  'proxy-call',
  'proxy-content',
  'proxy-token',
  'refuse-access',
  'revoke-ended',
  'third-party-login',
].map((name) => `handlers/${name}`);

const root = join(import.meta.dirname, '..');
const files = (folder: string, pattern = /\.(tsx?|mjs)$/): string[] =>
  (existsSync(join(root, folder)) ? readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }) : [])
    .filter((name) => pattern.test(name))
    .map((name) => join(folder, name));
const source = (file: string) => readFileSync(join(root, file), 'utf8');
const libFiles = files('lib');

interface Import {
  readonly from: string;
  readonly typeOnly: boolean;
}

function importsOf(file: string): Import[] {
  const pattern = /^(?:import|export)\s+(type\s)?[^;'"]*?from\s+'([^']+)'|^import\s+'([^']+)'|\bimport\('([^']+)'\)/gm;
  return [...source(file).matchAll(pattern)].map(([, type, named, bare, dynamic]) => ({
    from: named ?? bare ?? dynamic ?? '',
    typeOnly: type !== undefined,
  }));
}

/** A file of `lib/` with a row of its own, or its room. */
function roomOf(file: string): string {
  const path = relative('lib', file).replace(/\.(tsx?|mjs)$/, '');
  return path in LAW ? path : (path.split('/')[0] ?? '');
}

function violation(file: string, { from, typeOnly }: Import): string | null {
  const room = roomOf(file);
  const allowed = LAW[room];
  if (!allowed) return `${file}: ${room} is not a room of the house`;
  if (!from.startsWith('.')) {
    const [name] = from.split('/');
    return allowed.includes(`npm:${name}`) ? null : `${file} imports ${from}`;
  }
  const target = normalize(join(dirname(file), from));
  const to = roomOf(target);
  if (to === room) {
    const shared = room !== 'handlers' || PARTS_OF_HANDLERS.includes(relative('lib', target).replace(/\.ts$/, ''));
    return shared ? null : `${file} imports another handler, ${from}`;
  }
  return allowed.includes(to) || (typeOnly && allowed.includes(`type:${to}`)) ? null : `${file} imports ${from}`;
}

describe('the house', () => {
  it('sees the imports that it judges', () => {
    expect(importsOf('lib/dispatch.ts').map(({ from }) => from)).toContain('./handlers/callback.ts');
    expect(violation('lib/policy/path.ts', { from: 'jose', typeOnly: false })).toContain('imports jose');
    expect(violation('lib/handlers/login.ts', { from: './logout', typeOnly: false })).toContain('another handler');
    expect(violation('lib/session/login-flow.ts', { from: '../store/redis', typeOnly: false })).toContain(
      'store/redis',
    );
  });

  it.each(libFiles)('%s imports downwards only', (file) => {
    expect(importsOf(file).flatMap((found) => violation(file, found) ?? [])).toEqual([]);
  });

  it('has no folder inside a room, no barrel but the public doors, no room for everything', () => {
    expect(libFiles.filter((file) => file.split('/').length > 3)).toEqual([]);
    expect(
      libFiles.filter(
        (file) => /\/(index|utils?|helpers?|common|shared|misc)\.tsx?$/.test(file) && file !== 'lib/index.ts',
      ),
    ).toEqual([]);
  });

  it('keeps Next at the rim', () => {
    const rim = ['lib/next/', 'lib/server.ts', 'lib/client.ts'];
    const users = libFiles.filter((file) => importsOf(file).some(({ from }) => /^next(\/|$)/.test(from)));
    expect(users.filter((file) => !rim.some((room) => file.startsWith(room)))).toEqual([]);
  });

  it('keeps durations in timing.ts, each beside its reason', () => {
    const duration = /^(?:export )?const [A-Z_]+_(?:MS|SECONDS) = [\d_]/m;
    const bounds = ['lib/timing.ts', 'lib/parsers.ts']; // the longest duration that a variable may name
    expect(libFiles.filter((file) => duration.test(source(file)) && !bounds.includes(file))).toEqual([]);
  });

  it('keeps policy pure: no I/O, no promise, no clock', () => {
    const impure = /\basync\b|\bawait\b|\bPromise\b|\bfetch\(|Date\.now|new Date\(\)|Math\.random|crypto\./;
    expect(libFiles.filter((file) => file.startsWith('lib/policy') && impure.test(source(file)))).toEqual([]);
  });

  it('takes the clock, the network and the environment as dependencies', () => {
    const impure = /Date\.now\(|globalThis\.fetch|process\.env|console\./;
    const allowed = [
      'lib/client/base-path.ts',
      'lib/client/browser.ts',
      'lib/context.ts',
      'lib/gate.ts',
      'lib/next/contradictions.ts',
      'lib/next/environment.ts',
      'lib/next/middleware.ts',
      'lib/next/own-middleware.ts',
      'lib/next/node-server.ts',
      'lib/next/server-session.ts',
      'lib/next/with-gatehouse.ts',
    ];
    const tools = /^lib\/(cli|dev-\w+|testing)\//; // which are programs of their own
    expect(
      libFiles.filter((file) => impure.test(source(file)) && !allowed.includes(file) && !tools.test(file)),
    ).toEqual([]);
  });

  it('keeps files of a size to read at once', () => {
    expect(libFiles.filter((file) => source(file).split('\n').length > 250)).toEqual([]);
  });

  it('keeps functions of a size to read at once', () => {
    const lengths = libFiles.flatMap((file) => functionLengths(source(file)).map((found) => ({ file, ...found })));
    expect(lengths.length).toBeGreaterThan(libFiles.length);
    expect(lengths.filter(({ lines }) => lines > 60)).toEqual([]);
  });

  it('gives middleware a literal matcher that leaves out nothing but the build’s static files', () => {
    expect(source('middleware.ts')).toContain(
      "export const config = { matcher: [{ source: '/:path((?!_next/static/).*)?', locale: false }] };",
    );
  });

  it('documents the gate’s own routes as its table has them', () => {
    const documents = ['README.md', ...files('docs', /\.md$/)].map(source);
    const table = routeTable();
    expect(documents.filter((text) => text.includes(table))).toHaveLength(1);
  });

  it('writes every documented variable into .env.example, and no other', () => {
    const example = new Set([...source('.env.example').matchAll(/^#?([A-Z_]+)=/gm)].map((match) => match[1]));
    const byDeployer = allFields().filter(({ byPlatform }) => !byPlatform);
    const ofUpstreams = [...source('gatehouse.config.ts').matchAll(/env\('([A-Z_]+)'\)/g)].map((match) => match[1]);
    const read = new Set([...byDeployer.map(({ names: [name] }) => name), ...ofUpstreams]);
    expect([...read].sort()).toEqual([...example].sort());
  });

  it('spells the keys of Redis in one file of the tests', () => {
    const rooms = readdirSync(join(root, 'tests'), { withFileTypes: true }).filter(
      (entry) => entry.isDirectory() && entry.name !== 'canary', // which has its builds below it
    );
    const spelt = rooms
      .flatMap(({ name }) => files(join('tests', name)))
      .filter((file) => /['"`|]gh:/.test(source(file)));
    expect(spelt).toEqual(['tests/world/redis-keys.ts']);
  });

  it('documents the variables as the table of fields has them', () => {
    const text = source('docs/configuration.md');
    expect(writeTable(text, 'table', fieldRows())).toBe(text); // `node local/generated-docs.mjs` writes it
  });
});
