const { withGatehouse } = require('next-gatehouse/config');

/** @type {import('next').NextConfig} */
const nextConfig = {
  basePath: '/base',
  i18n: { locales: ['en', 'de'], defaultLocale: 'en' },
};

module.exports = withGatehouse(nextConfig, { maxBodyBytes: 1_000 });
