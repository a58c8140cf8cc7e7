import type { NextConfig } from 'next';

const nextConfig: NextConfig = {
  /* config options here */
  cacheComponents: true,
  partialPrefetching: true,
  experimental: { turbopackFileSystemCacheForBuild: false }, // the tests build it once
};

export default nextConfig;
