/** A wrapper of the site's own. */
const withOwnHeader = (config) => ({
  ...config,
  headers: async () => [{ source: '/about', headers: [{ key: 'x-own', value: '1' }] }],
});

export default async () =>
  withOwnHeader({
    output: 'standalone',
    experimental: {
      authInterrupts: true,
      proxyClientMaxBodySize: 1_000,
      turbopackFileSystemCacheForBuild: false,
      turbopackMinify: false,
    },
  });
