import createMiddleware from 'next-intl/middleware';
import { routing } from './i18n/routing';

export default createMiddleware(routing);

export const config = {
  // As the documentation of next-intl has it: all paths but those without a locale.
  matcher: '/((?!api|trpc|_next|_vercel|.*\\..*).*)',
};
