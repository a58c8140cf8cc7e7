import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { LongestFirst } from './tests/setup/order.ts';

const root = new URL('.', import.meta.url).pathname;
const stories = 'tests/stories/**/*.test.ts';
/** They need the whole machine. */
const crowds = 'tests/processes/concurrent-requests.test.ts';
/** They wait for tokens and leases to end. */
const waits = ['tests/real-providers/**/*.test.ts', 'tests/processes/{kill,endings}.test.ts'];
const sites = [
  'tests/upstreams/**/*.test.ts',
  'tests/adopter/**/*.test.ts',
  'tests/bypass/**/*.test.ts',
  'tests/caching/**/*.test.ts',
];
const inNode = [
  'client/**/*.test.ts',
  'contracts/**/*.test.ts',
  'conventions.test.ts',
  'dev/**/*.test.ts',
  'language.test.ts',
  'docs-code.test.ts',
  'docs.test.ts',
  'doctor/**/*.test.ts',
  'edge/**/*.test.ts',
  'init/**/*.test.ts',
  'package.test.ts',
  'routes.test.ts',
  'routes/**/*.test.ts',
  'testing/node/**/*.test.ts',
  'workflow.test.ts',
].map((path) => `tests/${path}`);
/** What `vercel build` and the build of `proxy.ts` make has the configuration of their site in it, which has no base path. */
const basePath = 'tests/stories/base-path.test.ts';
const storiesCalled = (...names: string[]) => names.map((name) => `tests/stories/${name}.test.ts`);
/**
 * Stories about what the gate decides, whatever calls its build: what comes of each request, answer, token and fault, and of
 * their order. A run of everything tells them once, of the build that goes to Edge, in `bundle`. The other stories are told of
 * every build, because they show how each is called: cookies, redirects and pages on their way out (`sign-in`), paths as they
 * come in (`router-paths`), headers that the site is given in place of those sent (`openness`), bodies whole, in parts and broken
 * (`form-post`), what goes on behind an answer, waits and a client that is gone (`renewal-expired-and-due`), and what is logged or
 * traced by then (`leaks`).
 */
const decisions = storiesCalled(
  'answers',
  'authorization-request',
  'backchannel-logout',
  'browsers',
  'callback',
  'callback-parameters',
  'callback-visitors',
  'circuit-breaker',
  'cold-isolates',
  'crossed-sign-ins',
  'csrf-and-framing',
  'dpop',
  'ended-list',
  'failures',
  'fapi2',
  'frontchannel-logout',
  'id-tokens',
  'keys',
  'log-floods',
  'neighbours',
  'odd-responses',
  'optimized-pictures',
  'probes',
  'provider-lies',
  'providers',
  'proxy',
  'proxy-tokens',
  'rate-limits',
  'record-life',
  'refresh-answers',
  'refresh-retry-times',
  'renewal-races',
  'renewal-redis-faults',
  'renewal-responses',
  'renewal-retries',
  'revocation',
  'role-shapes',
  'sealed-formats',
  'secret-rotation',
  'session',
  'session-expiry',
  'sessions',
  'sessions-refused',
  'sign-out',
  'sign-out-races',
  'spans',
  'step-up',
  'strangers',
  'tenants',
  'third-party-login',
  'token-lives',
  'trace-context',
  'userinfo',
  'userinfo-failures',
  'userinfo-renewal',
);
/** By hand, or with `GATEHOUSE_STORIES=everywhere npm test`, every realm tells every story. */
const isOnce = process.env.GATEHOUSE_STORIES === 'once';
const toldByBuild = isOnce ? decisions : [];
const proxy = 'tests/edge/proxy.test.ts';
const vercel = 'tests/edge/vercel.test.ts';

/** The hooks that a site sets in Node's HTTP server and in Next, for the whole process: each file has one of its own. */
const hooks = 'tests/server/**/*.test.ts';

/** Each has something of its own in place of Next's modules, so none may meet the modules of another file. */
const inPlaceOfNext = [
  'tests/next/one-configuration.test.ts',
  'tests/next/server-sessions.test.ts',
  'tests/next/server-tokens.test.ts',
  'tests/pages/own-pages.test.ts',
];

/** A worker keeps the modules of the file before: loading them anew for each took a quarter of the time. */
const shared = { isolate: false, setupFiles: ['tests/setup/realm.ts'] };

/**
 * `core` runs everything that is the product in the edge VM, and `server` what puts something in place of Next's modules there.
 * `bundle` runs the stories against the built middleware in the strict VM, where no Node module exists and no string becomes
 * code; `vercel` runs them against what `vercel build` makes of it, and `proxy` on Node, against a build whose `middleware.ts` was
 * renamed. `node` is for what looks at the product from outside, `hooks` for what changes a process of Node, `sites` for what needs
 * whole sites behind the gate, `waits` for a site at providers that are not of this repository and for processes that are killed,
 * `crowds` for a thousand requests to several processes of a site, and no other test beside them.
 */
export default defineConfig({
  resolve: { alias: [{ find: /^next-gatehouse$/, replacement: `${root}lib/index.ts` }] },
  test: {
    globalSetup: ['tests/setup/redis.ts'],
    maxWorkers: Math.ceil(2.5 * availableParallelism()), // the stories wait about as long as they compute
    sequence: { sequencer: LongestFirst },
    testTimeout: 20_000,
    hookTimeout: 60_000,
    projects: [
      {
        extends: true,
        resolve: { alias: { '#isolate': `${root}tests/world/isolate-core.ts` } },
        test: {
          name: 'core',
          environment: 'edge-runtime',
          ...shared,
          server: { deps: { inline: ['next-intl'] } }, // it imports `next/server` without an extension, as a bundler reads it
          include: ['tests/**/*.test.ts'],
          exclude: [
            ...inNode,
            hooks,
            ...inPlaceOfNext,
            ...sites,
            crowds,
            ...waits,
            ...(isOnce ? [stories] : []),
            'tests/e2e/**',
            'tests/soak/**',
          ],
        },
      },
      {
        extends: true,
        resolve: { alias: { '#isolate': `${root}tests/world/isolate-core.ts` } },
        test: {
          name: 'server',
          environment: 'edge-runtime',
          setupFiles: shared.setupFiles,
          include: inPlaceOfNext,
        },
      },
      {
        extends: true,
        resolve: { alias: { '#isolate': `${root}tests/world/isolate-bundle.ts` } },
        test: {
          name: 'bundle',
          environment: 'node',
          include: [stories],
          ...shared,
          setupFiles: [...shared.setupFiles, 'tests/setup/strict-vm.ts'],
        },
      },
      {
        extends: true,
        resolve: { alias: { '#isolate': `${root}tests/world/isolate-vercel.ts` } },
        test: {
          name: 'vercel',
          environment: 'node',
          include: [stories, vercel],
          exclude: [basePath, ...toldByBuild],
          ...shared,
          setupFiles: [...shared.setupFiles, 'tests/setup/strict-vm.ts', 'tests/setup/vercel.ts'],
        },
      },
      {
        extends: true,
        resolve: { alias: { '#isolate': `${root}tests/world/isolate-proxy.ts` } },
        test: {
          name: 'proxy',
          environment: 'node',
          include: [stories, proxy],
          exclude: [basePath, ...toldByBuild],
          ...shared,
        },
      },
      {
        extends: true,
        test: { name: 'node', environment: 'node', isolate: false, include: inNode, exclude: [proxy, vercel] },
      },
      { extends: true, test: { name: 'hooks', environment: 'node', include: [hooks] } },
      {
        extends: true,
        // Most files ask one site, whose process computes on one core. A worker keeps the sites that it has started.
        test: {
          name: 'sites',
          environment: 'node',
          isolate: false,
          include: sites,
          testTimeout: 120_000, // a test sends up to a thousand requests
          maxWorkers: 2,
          sequence: { groupOrder: 3 },
        },
      },
      {
        extends: true,
        // Side by side, but not beside the sites; each starts sites, which compute.
        test: {
          name: 'waits',
          environment: 'node',
          include: waits,
          testTimeout: 60_000,
          hookTimeout: 120_000,
          maxWorkers: 6,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: { name: 'crowds', environment: 'node', include: [crowds], sequence: { groupOrder: 2 } },
      },
    ],
  },
});
