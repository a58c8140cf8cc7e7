/**
 * A site for tests alone: the gate in front of one thing of every kind that Next can serve. It is built in several
 * shapes, each into a folder of its own; CANARY_VARIANT says which.
 */
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const { CANARY_VARIANT = 'turbopack' } = process.env;

/** @type {Record<string, import('next').NextConfig>} */
const variants = {
  turbopack: {},
  webpack: {},
  based: { basePath: '/base', i18n: { locales: ['en', 'id'], defaultLocale: 'en' } },
  slash: { trailingSlash: true },
  // No file with one of these endings is called middleware, so nothing stands in front of this one.
  bare: { pageExtensions: ['tsx'] },
};

/** @type {import('next').NextConfig} */
const config = {
  distDir: `.next/${CANARY_VARIANT}`,
  turbopack: { root },
  outputFileTracingRoot: root,
  poweredByHeader: false,
  experimental: { authInterrupts: true },
  // Once is enough; and Next writes the folder that it builds into into the file that it reads.
  ...(CANARY_VARIANT !== 'turbopack' && {
    typescript: { ignoreBuildErrors: true, tsconfigPath: 'tsconfig.variants.json' },
  }),
  ...variants[CANARY_VARIANT],
};

export default config;
