/** A rewrite, as a site's configuration has it. */
export interface Rewrite {
  readonly source: string;
  readonly destination: string;
  readonly locale?: false | undefined;
}

interface StagedRewrites<R> {
  readonly beforeFiles?: readonly R[];
  readonly afterFiles?: readonly R[];
  readonly fallback?: readonly R[];
}

/** What `rewrites()` of a configuration returns. Next takes a bare array for `afterFiles`. */
export type Rewrites<R = Rewrite> = readonly R[] | StagedRewrites<R>;

/**
 * The middleware leaves the build's static files out. For a file that does not exist Next would go on to the rewrites and
 * to the dynamic routes (`app/[...all]`), which would answer with no rule asked. These paths have no locale in front of
 * them, so on a site with `i18n` Next must not expect one.
 */
const MISSING: Rewrite = { source: '/_next/static/:path*', destination: '/404', locale: false };

/** The rewrites of a site, and before all that Next tries after files a 404 for a build file that does not exist. */
export function withMissingFiles(rewrites: Rewrites = []): Required<StagedRewrites<Rewrite>> {
  const { beforeFiles = [], afterFiles = [], fallback = [] } = staged(rewrites);
  // Only as it is here, and in front: a condition, a locale or a rewrite before it would leave requests over.
  const isThere = JSON.stringify(afterFiles[0]) === JSON.stringify(MISSING);
  return { beforeFiles, afterFiles: isThere ? afterFiles : [MISSING, ...afterFiles], fallback };
}

export const staged = <R>(rewrites: Rewrites<R>): StagedRewrites<R> =>
  isList(rewrites) ? { afterFiles: rewrites } : rewrites;

const isList = <R>(rewrites: Rewrites<R>): rewrites is readonly R[] => Array.isArray(rewrites);
