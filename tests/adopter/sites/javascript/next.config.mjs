/** @type {import('next').NextConfig} */
const nextConfig = {
  experimental: {
    authInterrupts: true,
    proxyClientMaxBodySize: 1_000,
    turbopackFileSystemCacheForBuild: false,
    turbopackMinify: false,
  },
};

export default nextConfig;
