import { withGatehouse } from 'next-gatehouse/config';

/** A wrapper of the site's own. */
const withOwnHeader = (config) => ({
  ...config,
  headers: async () => [{ source: '/about', headers: [{ key: 'x-own', value: '1' }] }],
});

export default withGatehouse(
  async () => withOwnHeader({ output: 'standalone', experimental: { authInterrupts: true } }),
  { maxBodyBytes: 1_000 },
);
