import type { AnchorHTMLAttributes, ButtonHTMLAttributes, ReactNode } from 'react';
import { BASE_PATH } from './base-path.ts';

export interface SignInProps extends Omit<AnchorHTMLAttributes<HTMLAnchorElement>, 'href'> {
  /** The page to come back to, without `basePath`, as in a `<Link>`; the start page by default. */
  readonly returnTo?: string;
}

/**
 * A link that starts a sign-in. It is a plain `<a>`: a `<Link>` would be prefetched, and every hit of `/auth/login` starts a
 * sign-in. It works without script, in server components too.
 *
 * @example <SignIn returnTo="/dashboard" className="button">Sign in</SignIn>
 */
export function SignIn({ returnTo, children = 'Sign in', ...rest }: SignInProps): ReactNode {
  const query = returnTo ? `?returnTo=${encodeURIComponent(BASE_PATH + returnTo)}` : '';
  return (
    <a {...rest} href={`${BASE_PATH}/auth/login${query}`}>
      {children}
    </a>
  );
}

export type SignOutProps = Omit<ButtonHTMLAttributes<HTMLButtonElement>, 'type'>;

/**
 * A form with one button that signs out, here and at the provider. It is a plain POST: a GET of a prefetch or an image ends no
 * session. It works without script, in server components too. Attributes go to the button.
 *
 * @example <SignOut className="button">Sign out</SignOut>
 */
export function SignOut({ children = 'Sign out', ...rest }: SignOutProps): ReactNode {
  return (
    <form method="post" action={`${BASE_PATH}/auth/logout`}>
      <button {...rest} type="submit">
        {children}
      </button>
    </form>
  );
}
