import { isBelow } from '../policy/path.ts';
import type { RequestContext } from '../types/request.ts';

/**
 * With a base path and locales together Next (16.4.6) shows `/base/id/page` as `/id/base/id/page`, without a base path.
 * What the browser asked for is behind the first locale; it has to come back there, and to find the sign-in. Of the
 * `pathname`, which is what the rules look at, both are taken off, as they are where Next does so itself. Without a base
 * path in the build such a path is a page's own.
 */
export function asAsked(context: RequestContext, locale: string | undefined, basePath: string): RequestContext {
  const added = `/${locale}`;
  if (!locale || !basePath || context.basePath || !isBelow(context.url.pathname, added + basePath)) return context;
  const url = new URL(context.url);
  url.pathname = url.pathname.slice(added.length);
  const front = basePath + added;
  const { pathname } = context;
  const isShownSo = isBelow(pathname.toLowerCase(), front.toLowerCase());
  return { ...context, basePath, url, pathname: isShownSo ? pathname.slice(front.length) || '/' : pathname };
}
