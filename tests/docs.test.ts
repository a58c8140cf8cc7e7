import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { allFields } from '../lib/fields.ts';
import { NEVER_RETURNED, NEVER_SENT, returnedHeaders, sentHeaders } from '../lib/policy/upstream-headers.ts';
import { PROBLEMS } from '../lib/problems.ts';
import { ROUTES } from '../lib/routes.ts';
import { writeTable } from '../local/generated-docs.mjs';
import { documentedDockerfile } from './adopter/dockerfile';
import { isBroken, links } from './markdown';
import { profileRows } from './world/profile-table';
import { PROFILES } from './world/profiles';

const root = join(import.meta.dirname, '..');
const read = (file: string) => readFileSync(join(root, file), 'utf8');
const markdown = (folder: string) => readdirSync(join(root, folder)).filter((name) => name.endsWith('.md'));
const pages = [...markdown('.'), ...markdown('docs').map((name) => `docs/${name}`)];

/** The rows of the table below a heading: cells without the marks of code. */
function table(text: string, heading: string): readonly (readonly string[])[] {
  const [, section = ''] = text.split(new RegExp(`^## ${heading}$`, 'm'));
  const rows = [...section.matchAll(/^\| `([^`]+)` \| (.*) \|$/gm)];
  return rows.map(([, name = '', rest = '']) => [name, ...rest.split(' | ')]);
}

describe('links in the documentation', () => {
  it('are found, and a broken one is called broken', () => {
    expect(links(read('README.md'))).toContain('docs/rules.md');
    expect(isBroken(root, 'docs/rules.md', 'nowhere.md')).toBe(true);
    expect(isBroken(root, 'docs/rules.md', '#no-such-heading')).toBe(true);
    expect(isBroken(root, 'docs/rules.md', '#paths')).toBe(false);
  });

  it.each(pages)('of %s lead to a file and a heading that exist', (page) => {
    expect(links(read(page)).filter((target) => isBroken(root, page, target))).toEqual([]);
  });

  it('lead from the README to every page', () => {
    const linked = links(read('README.md')).map((target) => target.split('#')[0]);
    expect(pages.filter((page) => page !== 'README.md' && !linked.includes(page))).toEqual([]);
  });
});

it('shows the matcher of the sample site wherever it shows one', () => {
  const matchers = (text: string) => [...text.matchAll(/^export const config = .*$/gm)].map(([line]) => line);
  const [own] = matchers(read('middleware.ts'));
  const shown = pages.flatMap((page) => matchers(read(page)));
  expect(shown.length).toBeGreaterThan(1);
  expect(shown.filter((line) => line !== own)).toEqual([]);
});

/** The words that stand in a text as code. */
const words = (text: string) => new Set([...text.matchAll(/`(\w+)`/g)].map(([, word = '']) => word));

/** The events of `lib/events.ts` with their members. */
function declaredEvents(): readonly { readonly name: string; readonly members: readonly string[] }[] {
  const [, body = ''] = /^interface Events \{\n([\s\S]*?)^\}/m.exec(read('lib/events.ts')) ?? [];
  const [, ...parts] = body.split(/^ {2}(?=\w+: )/m);
  return parts.map((part) => ({
    name: part.slice(0, part.indexOf(':')),
    members: [...part.matchAll(/readonly (\w+)\??:/g)].map(([, member = '']) => member),
  }));
}

describe('docs/operations.md', () => {
  const text = read('docs/operations.md');
  const [, section = ''] = text.split('\n## Queries for log shippers\n');
  const [queries = ''] = section.split('\n## ');
  const blocks = [...queries.matchAll(/```\w*\n([\s\S]*?)```/g)].map(([, block = '']) => block);

  it.each(blocks.map((block, index) => [index, block] as const))(
    'asks in its %d. block of queries for sign-ins, renewals, refusals, the provider and a percentile',
    (_, block) => {
      for (const asked of [
        'signed_in',
        'renewal',
        'outcome',
        'access_refused',
        'PROVIDER_UNAVAILABLE',
        '95',
        'ms',
        'count',
      ])
        expect(block).toContain(asked);
    },
  );

  it('asks for events, codes and outcomes that there are', () => {
    expect(blocks).toHaveLength(4);
    const named = (member: string) =>
      [...blocks.join('\n').matchAll(new RegExp(`\\b${member}\\b(?: ==? |=|:)"?(\\w+)`, 'g'))].map(
        ([, value = '']) => value,
      );
    const events = declaredEvents().map(({ name }) => name);
    expect(named('event').length).toBeGreaterThan(15);
    expect(named('event').filter((name) => !events.includes(name))).toEqual([]);
    expect(named('code').filter((code) => !(code in PROBLEMS))).toEqual([]);
    expect(named('outcome').filter((outcome) => !read('lib/events.ts').includes(`'${outcome}'`))).toEqual([]);
  });

  it('has probes of Kubernetes at endpoints that there are', () => {
    const paths = [...text.matchAll(/path: (\/auth\/\w+)/g)].map(([, path]) => path);
    expect(paths).toHaveLength(3);
    expect(paths.filter((path) => !ROUTES.some((route) => route.path === path))).toEqual([]);
  });
});

describe('docs/errors.md', () => {
  const text = read('docs/errors.md');

  it('lists every code with its status, and no other', () => {
    const listed = table(text.split('## Events')[0] ?? '', 'Codes').map(([code, status]) => [code, Number(status)]);
    expect(listed).toEqual(Object.entries(PROBLEMS).map(([code, { status }]) => [code, status]));
  });

  it('lists every event, and no other', () => {
    const [, body = ''] = /^interface Events \{\n([\s\S]*?)^\}/m.exec(read('lib/events.ts')) ?? [];
    const declared = [...body.matchAll(/^ {2}(\w+): /gm)].map(([, name]) => name);
    const listed = table(text, 'Events').map(([name]) => name);
    expect(declared).toContain('signed_in');
    expect([...listed].sort()).toEqual([...declared].sort());
  });

  it('lists every member of each event, and no other', () => {
    const events = declaredEvents();
    const all = new Set(events.flatMap(({ members }) => members));
    expect(all.size).toBeGreaterThan(15);
    const rows = new Map(table(text, 'Events').map(([name = '', ...cells]) => [name, cells.at(-1) ?? '']));
    // What stands in parentheses are values.
    const named = (name: string) => words((rows.get(name) ?? '').replace(/\([^)]*\)/g, ''));
    const listed = events.map(({ name }) => ({
      name,
      members: [...named(name)].filter((word) => all.has(word)).sort(),
    }));
    expect(listed).toEqual(events.map(({ name, members }) => ({ name, members: [...members].sort() })));
  });

  it('says what an event may have beside its own members', () => {
    const [, common = ''] = /export type LogEvent = \{\n([\s\S]*?) & Events/.exec(read('lib/events.ts')) ?? [];
    const members = [...common.matchAll(/readonly (\w+)\??:/g)].map(([, name = '']) => name);
    expect(members).toContain('refs');
    const described = words(text.split('## Events')[1] ?? '');
    expect(members.filter((name) => !described.has(name))).toEqual([]);
  });
});

describe('docs/providers.md', () => {
  const text = read('docs/providers.md');

  it('has the table that the profiles make', () => {
    expect(writeTable(text, 'providers', profileRows())).toBe(text); // `node local/generated-docs.mjs` writes it
  });

  const [own, ...others] = PROFILES;
  it.each(others)('shows the variables of $name as they are tested', ({ name, variables }) => {
    const [, section = ''] = text.split(`\n## ${name}\n`);
    const [, block = ''] = /```sh\n([\s\S]*?)```/.exec(section) ?? [];
    const shown = Object.fromEntries(block.split('\n').map((line) => line.split(/=(.*)/).slice(0, 2)));
    const issuerAside = Object.entries(variables).filter(([variable]) => variable !== 'SSO_ISSUER');
    const tested = issuerAside.map(([variable, value]) => [
      variable,
      variable === 'SSO_TENANTS' ? shown[variable] : value,
    ]);
    const { SSO_ISSUER, '': _, ...rest } = shown;
    expect(SSO_ISSUER).toMatch(/^https:/);
    expect(rest).toEqual(Object.fromEntries(tested));
  });

  it('is about the provider of the demo too', () => {
    expect(text).toContain(own?.name ?? 'nothing');
  });
});

describe('docs/vercel.md', () => {
  const text = read('docs/vercel.md');
  const button = new URL(/^https:\/\/vercel\.com\/new\/clone\?\S+$/m.exec(text)?.[0] ?? '');
  const asked = (button.searchParams.get('env') ?? '').split(',');
  const required = allFields().filter((field) => field.required);
  const ofRedis = required.filter(({ names }) => names.length > 1).flatMap(({ names }) => names);

  it('has a Deploy button that asks for the required variables, and leaves those of Redis to the database that comes with it', () => {
    const others = required.filter(({ names }) => names.length === 1).map(({ names: [name] }) => name);
    expect([...asked].sort()).toEqual([...others, 'APP_URL', 'SSO_CLIENT_SECRET'].sort());
    const [store] = JSON.parse(button.searchParams.get('stores') ?? '[]');
    expect(store).toMatchObject({ integrationSlug: 'upstash', protocol: 'storage' });
    expect([...button.searchParams.values()].filter((value) => value.trim() === '')).toEqual([]);
  });

  it('names every required variable, each by all of its names', () => {
    expect(ofRedis).toHaveLength(4);
    const named = words(text);
    expect([...asked, ...ofRedis].filter((name) => !named.has(name))).toEqual([]);
  });
});

it('docs/proxies.md has a Dockerfile whose parts fit together', () => {
  const { from, runs, copies, user, env, ports, command } = documentedDockerfile();
  const versions = from.map((image) => Number(/^node:(\d+)-slim(?: AS build)?$/.exec(image)?.[1]));
  expect(new Set(versions).size).toBe(1); // modules with binaries are copied from one to the other
  expect(versions[0]).toBeGreaterThanOrEqual(22);
  expect(runs).toEqual(['npm ci', 'npx next build && npx gatehouse routes']);
  expect(copies.map(({ target }) => target)).toEqual(['', '.next/static', 'public']); // the first makes the folder
  expect([user, copies[0]?.owner]).toEqual(['node', 'node']); // it writes what it renders anew
  expect(ports).toEqual([env.PORT]);
  expect([env.HOSTNAME, env.NODE_ENV, command]).toEqual(['0.0.0.0', 'production', ['node', 'server.js']]);
});

describe('docs/apis.md', () => {
  const text = read('docs/apis.md');
  /** Names of headers in a row of a table, `*` filled in. */
  const named = (table: string, row: string) => {
    const [, section = ''] = text.split(`\n| of ${table} | |\n`);
    const [, cell = ''] = new RegExp(`^\\| ${row}[^|]*\\| (.*) \\|$`, 'm').exec(section) ?? [];
    const names = [...cell.matchAll(/`([a-z*-]+)`/g)].map(([, name = '']) => name.replace('*', 'any'));
    expect(names.length).toBeGreaterThan(4);
    return names;
  };
  const headers = (names: readonly string[]) => new Headers(names.map((name) => [name, 'x']));
  const namesOf = (passed: Headers) => [...passed.keys()].sort();

  it('lists request headers as they pass', () => {
    const passing = named('a request', 'pass');
    const kept = passing.filter((name) => name !== 'accept-encoding');
    expect(namesOf(sentHeaders(headers(passing), { requestHeaders: [] }))).toEqual([...kept].sort());
    expect(named('a request', 'never pass').filter((name) => !NEVER_SENT.test(name))).toEqual([]);
  });

  it('lists response headers as they pass', () => {
    const passing = named('an answer', 'pass');
    expect(namesOf(returnedHeaders(headers(passing), { responseHeaders: [] }))).toEqual([...passing].sort());
    expect(named('an answer', 'never pass').filter((name) => !NEVER_RETURNED.test(name))).toEqual([]);
  });

  it('tells the code of a browser what to do about every code of an upstream', () => {
    const codes = Object.keys(PROBLEMS).filter((code) => code.startsWith('UPSTREAM_'));
    expect(codes.length).toBeGreaterThan(3);
    expect(codes.filter((code) => !text.includes(`\`${code}\``))).toEqual([]);
  });
});
