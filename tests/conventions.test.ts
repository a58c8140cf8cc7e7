import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { describe, expect, it } from 'vitest';

/** The import law: what a room of `lib/` may import, rooms or files of `lib/` by name and packages with a colon. */
const LAW: Readonly<Record<string, readonly string[]>> = {
  errors: [],
  types: [],
  events: [],
  'bounded-map': [],
  repeats: ['errors', 'events'],
  loopback: [],
  config: ['errors', 'loopback', 'types'],
  site: ['events', 'policy', 'types'],
  crypto: ['errors', 'types', 'npm:jose', 'npm:node:buffer'],
  policy: ['types'],
  pages: ['errors', 'types'],
  answers: ['crypto', 'errors', 'pages', 'types'],
  protocol: ['crypto', 'errors', 'events', 'loopback', 'types', 'npm:jose', 'npm:oauth4webapi'],
  session: ['crypto', 'errors', 'types', 'npm:jose'],
  store: ['bounded-map', 'crypto', 'errors', 'types', 'npm:@upstash', 'npm:jose'],
  flows: [
    'answers',
    'crypto',
    'policy',
    'pages',
    'protocol',
    'session',
    'store',
    'errors',
    'events',
    'types',
    'type:deps',
  ],
  deps: ['bounded-map', 'config', 'site', 'crypto', 'policy', 'protocol', 'store', 'errors', 'events', 'types'],
  gate: ['answers', 'crypto', 'flows', 'policy', 'repeats', 'errors', 'events', 'types', 'type:deps'],
  server: [
    'config',
    'crypto',
    'policy',
    'session',
    'store',
    'types',
    'npm:next',
    'npm:react',
    'npm:node:crypto',
    'npm:node:diagnostics_channel',
    'npm:node:http',
    'npm:node:net',
  ],
};
/** The flows that other flows may build on: who is here (and how they are renewed), how to get in, and how often. */
const SHARED_FLOWS = ['flows/renew', 'flows/attempt', 'flows/retry', 'flows/login', 'flows/limit', 'flows/finish'];

const root = join(import.meta.dirname, '..');
const files = (folder: string): string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(tsx?|mjs)$/.test(name))
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

const roomOf = (file: string) =>
  relative('lib', file)
    .replace(/\.(tsx?|mjs)$/, '')
    .split('/')[0] ?? '';

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
    const shared = room !== 'flows' || SHARED_FLOWS.includes(relative('lib', target));
    return shared ? null : `${file} imports another flow, ${from}`;
  }
  return allowed.includes(to) || (typeOnly && allowed.includes(`type:${to}`)) ? null : `${file} imports ${from}`;
}

describe('the house', () => {
  it('sees the imports that it judges', () => {
    expect(importsOf('lib/gate.ts').map(({ from }) => from)).toContain('./flows/callback');
    expect(violation('lib/policy/path.ts', { from: 'jose', typeOnly: false })).toContain('imports jose');
    expect(violation('lib/flows/login.ts', { from: './logout', typeOnly: false })).toContain('another flow');
    expect(violation('lib/session/flow.ts', { from: '../store/redis', typeOnly: false })).toContain('store/redis');
  });

  it.each(libFiles)('%s imports downwards only', (file) => {
    expect(importsOf(file).flatMap((found) => violation(file, found) ?? [])).toEqual([]);
  });

  it('has no folder inside a room, no barrel and no drawer for everything', () => {
    expect(libFiles.filter((file) => file.split('/').length > 3)).toEqual([]);
    expect(libFiles.filter((file) => /\/(index|utils?|helpers?|common|shared|misc)\.tsx?$/.test(file))).toEqual([]);
  });

  it('keeps Next at the rim', () => {
    const rim = ['lib/server', 'lib/client'];
    const users = libFiles.filter((file) => importsOf(file).some(({ from }) => /^next(\/|$)/.test(from)));
    expect(users.filter((file) => !rim.some((room) => file.startsWith(room)))).toEqual([]);
  });

  it('keeps policy pure: no I/O, no promise, no clock', () => {
    const impure = /\basync\b|\bawait\b|\bPromise\b|\bfetch\(|Date\.now|new Date\(\)|Math\.random|crypto\./;
    expect(libFiles.filter((file) => file.startsWith('lib/policy') && impure.test(source(file)))).toEqual([]);
  });

  it('takes the clock, the network and the environment from the desks', () => {
    const impure = /Date\.now\(|globalThis\.fetch|process\.env|console\./;
    const allowed = [
      'lib/deps.ts',
      'lib/gate.ts',
      'lib/site.ts',
      'lib/server/node-server.mjs',
      'lib/server/session.ts',
    ];
    expect(libFiles.filter((file) => impure.test(source(file)) && !allowed.includes(file))).toEqual([]);
  });

  it('keeps files of a size that one reads at once', () => {
    expect(libFiles.filter((file) => source(file).split('\n').length > 250)).toEqual([]);
  });

  it('gives middleware a literal matcher that leaves out nothing but the build’s static files', () => {
    expect(source('middleware.ts')).toContain(
      "export const config = { matcher: [{ source: '/((?!_next/static/).*)', locale: false }] };",
    );
  });

  it('writes every documented variable into .env.example, and no other', () => {
    const example = new Set([...source('.env.example').matchAll(/^#?([A-Z_]+)=/gm)].map((match) => match[1]));
    const read = new Set(
      [...source('lib/config.ts').matchAll(/'((?:SSO|SESSION|UPSTASH|TRUSTED)_[A-Z_]+)'/g)].map((match) => match[1]),
    );
    expect([...read].sort()).toEqual([...example].sort());
  });
});
