/**
 * A site for tests alone: the gate in front of one thing of every kind that Next can serve. It is built in several
 * shapes, each into a folder of its own; CANARY_VARIANT says which.
 */
import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { withGatehouse } from 'next-gatehouse/config';

const root = fileURLToPath(new URL('../..', import.meta.url));
const { CANARY_VARIANT = 'turbopack' } = process.env;

const i18n = { locales: ['en', 'id'], defaultLocale: 'en' };

/** @type {Record<string, import('next').NextConfig>} */
const variants = {
  turbopack: {},
  // With webpack, which `local/canary.mjs` says; the others with Turbopack.
  based: {
    basePath: '/base',
    i18n,
    webpack: (build) => ({ ...build, cache: false }), // built once as well
    outputFileTracingExcludes: { 'next-server': ['**/node_modules/next/**'] }, // half the time of a build, for a deployment
  },
  i18n: { i18n, trailingSlash: true, assetPrefix: '/cdn' },
  bare: {}, // the build of `turbopack` without its middleware, see local/canary.mjs
};

/**
 * What a build leaves out in the shape whose tests are about Next's router alone, which no build compiles: a third of its time.
 * `gatehouse routes` reads its source maps.
 *
 * @type {Record<string, import('next').NextConfig['experimental']>}
 */
const leftOut = {
  i18n: { turbopackMinify: false },
};

/** Another server, whose port the build has to know: one that is the same for every build of this folder. */
const port = 20_000 + (createHash('sha256').update(root).digest().readUInt32BE(0) % 10_000);
const elsewhere = [
  ['/upstream', port],
  ['/.well-known/upstream', port],
  ['/.well-known/nowhere', 1],
].map(([source, port]) => ({ source: `${source}/:path*`, destination: `http://localhost:${port}/:path*` }));

/** @type {import('next').NextConfig} */
const config = {
  distDir: `.next/${CANARY_VARIANT}`,
  turbopack: { root },
  outputFileTracingRoot: root,
  poweredByHeader: false,
  serverExternalPackages: ['draft-of-app', 'draft-of-pages'],
  experimental: {
    authInterrupts: true,
    turbopackFileSystemCacheForBuild: false, // each is built once
    cpus: 1, // a second process for its few pages costs more than it saves
    ...leftOut[CANARY_VARIANT],
  },
  rewrites: async () => elsewhere,
  // Once is enough; and Next writes the folder that it builds into into the file that it reads.
  ...(CANARY_VARIANT !== 'turbopack' && {
    typescript: { ignoreBuildErrors: true, tsconfigPath: 'tsconfig.variants.json' },
  }),
  ...variants[CANARY_VARIANT],
};

/** Nothing of the gate's decides in front of `bare`: neither the middleware nor what the Node process does for it. */
export default CANARY_VARIANT === 'bare'
  ? config
  : withGatehouse(config, {
      maxBodyBytes: 256 * 1024,
      ignoreWarnings: ['external-rewrite'], // the tests want to see what is sent there
    });
