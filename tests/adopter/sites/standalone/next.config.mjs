/** @type {import('next').NextConfig} */
const nextConfig = {
  output: 'standalone',
  experimental: { turbopackFileSystemCacheForBuild: false, turbopackMinify: false },
};

export default nextConfig;
