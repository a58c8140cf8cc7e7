import { nowSeconds, type ProviderContext } from './provider-context.ts';
import { idToken } from './provider-id-token.ts';
import type { Person } from './provider-settings.ts';

/** What is granted; left out is what an ordinary sign-in would have. */
export interface GrantOptions {
  readonly person?: Person;
  /** The provider's session. */
  readonly sid?: string;
  readonly acr?: string;
  /** Seconds since the epoch. */
  readonly authTime?: number;
  readonly scope?: string;
}

export interface GrantedTokens {
  readonly accessToken: string;
  readonly refreshToken: string;
  readonly idToken: string;
  readonly scope: string;
  readonly sid: string;
  /** Seconds. */
  readonly expiresIn: number;
}

const SCOPE = 'openid profile email offline_access roles permissions';

export async function grantTokens(
  present: Person,
  { person = present, sid = crypto.randomUUID(), acr, authTime, scope = SCOPE }: GrantOptions = {},
  context: ProviderContext,
): Promise<GrantedTokens> {
  const { grants, people, settings, secrets } = context;
  people.set(person.sub, person);
  const code = grants.issueCode({
    person,
    sid,
    authTime: authTime ?? nowSeconds(context),
    acr: acr ?? settings.acrValues[0] ?? '',
    scope: scope.split(' '),
    nonce: '',
    redirectUri: '',
    challenge: '',
  });
  const grant = grants.takeCode(code);
  if (!grant) throw new Error('the provider refused its own code');
  context.latest = { sid, sub: person.sub, authTime: grant.authTime };
  const accessToken = grants.issueAccess(grant, null);
  const signed = await idToken({ grant, scope: grant.scope, accessToken, nonce: undefined }, context);
  secrets.add(String(signed));
  return {
    accessToken,
    refreshToken: grants.issueRefresh(grant, null),
    idToken: String(signed),
    scope,
    sid,
    expiresIn: settings.tokenSeconds,
  };
}
