import { withGatehouse } from 'next-gatehouse/config';

/** A site of one page: what the stories run is its middleware. Its types are checked with those of the tests. */
export default withGatehouse({
  poweredByHeader: false,
  typescript: { ignoreBuildErrors: true },
  experimental: { turbopackFileSystemCacheForBuild: false }, // it is built once
});
