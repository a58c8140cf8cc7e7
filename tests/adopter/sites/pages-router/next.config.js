/** @type {import('next').NextConfig} */
const nextConfig = {
  basePath: '/base',
  i18n: { locales: ['en', 'de'], defaultLocale: 'en' },
  experimental: { proxyClientMaxBodySize: 1_000, turbopackFileSystemCacheForBuild: false },
};

module.exports = nextConfig;
