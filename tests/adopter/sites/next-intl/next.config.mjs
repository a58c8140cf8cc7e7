import createNextIntlPlugin from 'next-intl/plugin';

const withNextIntl = createNextIntlPlugin();

/** @type {import('next').NextConfig} */
const nextConfig = {
  experimental: { authInterrupts: true, proxyClientMaxBodySize: 1_000, cpus: 1 },
  // What a build is quicker without.
  webpack: (build) => ({ ...build, cache: false, optimization: { ...build.optimization, minimize: false } }),
  outputFileTracingExcludes: { 'next-server': ['**/node_modules/next/**'] },
};

export default withNextIntl(nextConfig);
