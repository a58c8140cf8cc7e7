/**
 * A site for tests alone: the gate in front of one thing of every kind that Next can serve. It is built in several
 * shapes, each into a folder of its own; CANARY_VARIANT says which.
 */
import { fileURLToPath } from 'node:url';
import { supportGate } from '../../lib/server/node-server.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const { CANARY_VARIANT = 'turbopack' } = process.env;

const i18n = { locales: ['en', 'id'], defaultLocale: 'en' };

/** @type {Record<string, import('next').NextConfig>} */
const variants = {
  turbopack: {},
  webpack: {},
  based: { basePath: '/base', i18n },
  i18n: { i18n },
  assets: { assetPrefix: '/cdn' },
  slash: { trailingSlash: true },
  // No file with one of these endings is called middleware, so nothing stands in front of this one.
  bare: { pageExtensions: ['tsx'] },
};

/**
 * Nobody answers in the place of a file of the build that does not exist, as in the site's own configuration. Those have
 * no locale in front of them, so Next must not look for one.
 */
const missing = { source: '/_next/static/:path*', destination: '/404', locale: /** @type {const} */ (false) };

supportGate();

/** @type {import('next').NextConfig} */
const config = {
  distDir: `.next/${CANARY_VARIANT}`,
  turbopack: { root },
  outputFileTracingRoot: root,
  poweredByHeader: false,
  experimental: { authInterrupts: true },
  rewrites: async () => ({ beforeFiles: [], afterFiles: [missing], fallback: [] }),
  // Once is enough; and Next writes the folder that it builds into into the file that it reads.
  ...(CANARY_VARIANT !== 'turbopack' && {
    typescript: { ignoreBuildErrors: true, tsconfigPath: 'tsconfig.variants.json' },
  }),
  ...variants[CANARY_VARIANT],
};

export default config;
