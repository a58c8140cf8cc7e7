import type { Provider } from './provider.ts';
import type { SigningFault } from './provider-keys.ts';

/** What a logout token says, and where it goes. */
export interface LogoutRequest {
  readonly sub?: string;
  /** The provider's session; without it, and with `sub`, all sessions of the person are meant. */
  readonly sid?: string;
  /** Claims that are added or replaced; undefined removes one. */
  readonly claims?: Readonly<Record<string, unknown>>;
  /** A signature that must not be believed. */
  readonly signing?: SigningFault;
  /** Where it is posted, `/auth/backchannel-logout` of the site by default. */
  readonly url?: string;
}

/** OpenID Connect Back-Channel Logout 1.0 §2.5. */
export async function postLogoutToken(
  provider: Pick<Provider, 'logoutToken'>,
  siteUrl: string,
  { sub, sid, claims, signing, url = `${siteUrl}/auth/backchannel-logout` }: LogoutRequest,
): Promise<Response> {
  const about = sub === undefined && sid === undefined ? {} : { sub, sid };
  const logout_token = await provider.logoutToken({ ...about, ...claims }, signing);
  return fetch(url, { method: 'POST', body: new URLSearchParams({ logout_token }) });
}
