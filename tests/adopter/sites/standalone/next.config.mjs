/** @type {import('next').NextConfig} */
const nextConfig = { output: 'standalone', experimental: { turbopackFileSystemCacheForBuild: false } };

export default nextConfig;
