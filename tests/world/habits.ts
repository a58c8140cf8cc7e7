import type { JsonObject, Provider } from './provider';

/** One thing that a provider does. */
export type Habit = (provider: Provider) => void;

export const all =
  (...habits: readonly Habit[]): Habit =>
  (provider) => {
    for (const habit of habits) habit(provider);
  };

const rolesOf = (provider: Provider) => provider.person.roles ?? [];

/** Other claims in every ID token, on top of those of habits before. */
export const idToken =
  (change: (claims: JsonObject, roles: readonly string[], provider: Provider) => JsonObject): Habit =>
  (provider) => {
    const before = provider.lies.idToken;
    provider.lies.idToken = (claims) => change(before?.(claims) ?? claims, rolesOf(provider), provider);
  };

export const without = (json: JsonObject, ...names: readonly string[]): JsonObject =>
  Object.fromEntries(Object.entries(json).filter(([name]) => !names.includes(name)));

/** Claims that the provider does not make. */
export const noClaim = (...names: readonly string[]): Habit => idToken((claims) => without(claims, ...names));

export const discovery =
  (members: JsonObject): Habit =>
  (provider) => {
    const before = provider.lies.discovery;
    provider.lies.discovery = (json) => ({ ...((before?.(json) ?? json) as JsonObject), ...members });
  };

/** Other members in every token answer that is no error. */
export const tokenAnswer =
  (change: (json: JsonObject, grantType: string) => JsonObject): Habit =>
  (provider) => {
    const before = provider.lies.tokenResponse;
    provider.lies.tokenResponse = (json, truth) => {
      const answer = (before?.(json, truth) ?? json) as JsonObject;
      return truth.status === 200 ? change(answer, truth.grantType) : answer;
    };
  };

/** Refuses an authorization request, in the provider's words; null lets it go on. */
export const authorization =
  (refuse: (asked: URLSearchParams) => string | Response | null): Habit =>
  ({ lies }) => {
    const before = lies.authorize;
    lies.authorize = (parameters, asked) => {
      const refusal = refuse(asked);
      if (refusal === null) return before?.(parameters, asked) ?? parameters;
      if (refusal instanceof Response) return refusal;
      return new URLSearchParams({ error: refusal, state: parameters.get('state') ?? '' });
    };
  };

/** Takes no other scopes than these, and says so. */
export const scopes = (...names: readonly string[]): Habit =>
  all(
    discovery({ scopes_supported: names }),
    authorization((asked) =>
      asked
        .get('scope')
        ?.split(' ')
        .every((name) => names.includes(name))
        ? null
        : 'invalid_scope',
    ),
  );

/** ID tokens of refreshes say who the person is, and nothing about them. */
export const thinAtRefresh: Habit = (provider) =>
  idToken((claims) => (claims.nonce === undefined ? only(claims, OF_A_TOKEN) : claims))(provider);

const OF_A_TOKEN = ['iss', 'aud', 'azp', 'sub', 'iat', 'exp', 'auth_time', 'at_hash', 'sid', 'amr'];

const only = (json: JsonObject, names: readonly string[]): JsonObject =>
  Object.fromEntries(Object.entries(json).filter(([name]) => names.includes(name)));

/** Other claims at the userinfo endpoint. */
export const userinfo =
  (change: (claims: JsonObject, roles: readonly string[]) => JsonObject): Habit =>
  (provider) => {
    provider.lies.userinfo = (claims) => change(claims, rolesOf(provider));
  };

/** An access token cannot be revoked (RFC 7009 §2.2.1). */
export const refusesToRevokeAccessTokens: Habit = ({ lies }) => {
  lies.instead.revocation = (form) =>
    form.get('token')?.startsWith('test-at-')
      ? Response.json({ error: 'unsupported_token_type' }, { status: 400 })
      : null;
};
