import { withGatehouse } from 'next-gatehouse/config';

/**
 * Headers of the site's own pages. The answers of the gate bring their own, and nothing here may touch those: the
 * front-channel logout, for one, has to be framed by the provider. So everything below `/auth/` is left out.
 */
const siteHeaders = [
  { key: 'X-Content-Type-Options', value: 'nosniff' },
  // Not `no-referrer`: with it, browsers send `Origin: null` on a form's POST, and those without Fetch Metadata say nothing
  // else of where it comes from, so that the gate would refuse to sign out.
  { key: 'Referrer-Policy', value: 'same-origin' },
  // No other site may lay an invisible frame of this one under a click. There is no `script-src`, because a
  // prerendered page cannot carry a nonce, and no `form-action`, because signing out is a form that ends at the provider.
  { key: 'Content-Security-Policy', value: "base-uri 'self'; object-src 'none'; frame-ancestors 'none'" },
  { key: 'X-Frame-Options', value: 'DENY' },
  { key: 'Cross-Origin-Opener-Policy', value: 'same-origin' },
];

/** @type {import('next').NextConfig} */
const config = {
  reactStrictMode: true,
  // Tells an attacker which advisories to read.
  poweredByHeader: false,
  // Next's image optimizer fetches without cookies, so it never sees a picture that needs a session. Pictures come from
  // their own address, where the gate knows who asks.
  images: { unoptimized: true },
  // A build of so few pages takes less than to keep its parts for the next one.
  experimental: { turbopackFileSystemCacheForBuild: false },
  headers: async () => [{ source: '/((?!auth/).*)', headers: siteHeaders }],
};

// With what the gate needs of Next, in the build and in the Node process: `next start` reads this file where it serves.
export default withGatehouse(config);
