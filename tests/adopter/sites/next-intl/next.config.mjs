import createNextIntlPlugin from 'next-intl/plugin';

const withNextIntl = createNextIntlPlugin();

/** @type {import('next').NextConfig} */
const nextConfig = {
  experimental: { authInterrupts: true, proxyClientMaxBodySize: 1_000, cpus: 1 },
  webpack: (build) => ({ ...build, cache: false }), // the tests build it once
  outputFileTracingExcludes: { 'next-server': ['**/node_modules/next/**'] }, // with webpack a third of the time of a build
};

export default withNextIntl(nextConfig);
