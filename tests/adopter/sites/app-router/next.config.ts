import type { NextConfig } from 'next';
import { withGatehouse } from 'next-gatehouse/config';

const nextConfig: NextConfig = {
  cacheComponents: true,
  experimental: { authInterrupts: true },
};

export default withGatehouse(nextConfig, { maxBodyBytes: 1_000 });
