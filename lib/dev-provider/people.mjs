/** The levels of assurance that the provider can state, weakest first. */
export const LEVELS = ['urn:sso:loa:password', 'urn:sso:loa:mfa'];

const [PASSWORD, MFA] = LEVELS;

/**
 * @typedef {object} Person
 * @property {string} sub
 * @property {string} name
 * @property {string} email
 * @property {string} about one line for the sign-in page
 * @property {Record<string, unknown>} claims
 */

/** @type {readonly Person[]} */
export const people = [
  person('ana', ['Ana', 'Plain'], { about: 'no role', roles: [], permissions: [] }),
  person('budi', ['Budi', 'Admin'], { about: 'role admin', roles: ['admin'], permissions: ['reports:read'] }),
];

/**
 * @param {string} sub
 * @param {[string, string]} names
 * @param {{ about: string, roles: string[], permissions: string[] }} rights
 * @returns {Person}
 */
function person(sub, [given_name, family_name], { about, ...rights }) {
  const name = `${given_name} ${family_name}`;
  const email = `${sub}@example.test`;
  return {
    sub,
    name,
    email,
    about,
    claims: { sub, name, given_name, family_name, email, email_verified: true, ...rights },
  };
}

/** @param {string | undefined} hint a subject or an address, as `login_hint` carries it */
export const personOf = (hint) => people.find(({ sub, email }) => hint === sub || hint?.toLowerCase() === email);

/** The account in the shape that `oidc-provider` asks for; which claims leave is decided by the scopes. */
export async function findAccount(/** @type {unknown} */ _ctx, /** @type {string} */ sub) {
  const found = personOf(sub);
  return found && { accountId: sub, claims: async () => found.claims };
}

/** How a person signed in, in the words of the ID token. */
export const assurance = (/** @type {boolean} */ secondFactor) =>
  secondFactor ? { acr: MFA, amr: ['pwd', 'otp'] } : { acr: PASSWORD, amr: ['pwd'] };

/** The weakest of the levels that `acr_values` accepts is enough, and a stronger one always is. */
export function isEnough(/** @type {string | undefined} */ acr, /** @type {string} */ wanted) {
  const known = wanted
    .split(' ')
    .map((level) => LEVELS.indexOf(level))
    .filter((rank) => rank >= 0);
  return known.length === 0 || LEVELS.indexOf(acr ?? '') >= Math.min(...known);
}
