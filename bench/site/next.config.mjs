/** One small site, built several times: without middleware, with a bare one, with the gate. BENCH_VARIANT says which. */
import { fileURLToPath } from 'node:url';
import { withGatehouse } from 'next-gatehouse/config';

const { BENCH_VARIANT = 'bare' } = process.env;
const middleware =
  BENCH_VARIANT === 'gate' ? '../../middleware.ts' : BENCH_VARIANT === 'lean' ? './lean.ts' : './bare.ts';

/** @type {import('next').NextConfig} */
const config = {
  distDir: `.next/${BENCH_VARIANT}`,
  poweredByHeader: false,
  typescript: { ignoreBuildErrors: true }, // the alias below is no module for the compiler
  turbopack: {
    root: fileURLToPath(new URL('../..', import.meta.url)),
    resolveAlias: { 'measured-middleware': middleware },
  },
  // An API as Next itself reaches it; the port is that of `bench/proxy.mjs`.
  rewrites: async () => [{ source: '/rewritten/:path*', destination: 'http://127.0.0.1:40977/:path*' }],
  // No file with one of these endings is called middleware.
  ...(BENCH_VARIANT === 'none' && { pageExtensions: ['tsx'] }),
};

export default BENCH_VARIANT === 'gate' ? withGatehouse(config) : config; // what it does belongs to what the gate costs
