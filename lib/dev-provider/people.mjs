/** The levels of assurance that the provider can state, weakest first. */
export const LEVELS = ['urn:sso:loa:password', 'urn:sso:loa:mfa'];

const [PASSWORD, MFA] = LEVELS;

/**
 * A person as a file has it; every member but `claims`, `second_factor` and `about` is a claim.
 *
 * @typedef {object} Entry
 * @property {string} sub
 * @property {string} name
 * @property {string} [given_name]
 * @property {string} [family_name]
 * @property {string} [email]
 * @property {boolean} [email_verified] true when it is not said
 * @property {string} [picture]
 * @property {readonly string[]} [roles]
 * @property {readonly string[]} [permissions]
 * @property {Readonly<Record<string, unknown>>} [claims] further ones
 * @property {boolean} [second_factor] false for a person who has none; true when it is not said
 * @property {string} [about] one line for the sign-in page
 *
 * @typedef {object} Person
 * @property {string} sub
 * @property {string} name
 * @property {string | undefined} email
 * @property {string | undefined} picture
 * @property {string} about
 * @property {boolean} hasSecondFactor
 * @property {Readonly<Record<string, unknown>>} claims
 *
 * @typedef {ReturnType<typeof directoryOf>} Directory
 */

/** @type {readonly Entry[]} */
export const PEOPLE = [
  entry('ana', ['Ana', 'Plain'], { about: 'no role', roles: [], permissions: [] }),
  entry('budi', ['Budi', 'Admin'], { about: 'role admin', roles: ['admin'], permissions: ['reports:read'] }),
];

/**
 * @param {string} sub
 * @param {[string, string]} names
 * @param {{ about: string, roles: string[], permissions: string[] }} rights
 * @returns {Entry}
 */
function entry(sub, [given_name, family_name], rights) {
  return {
    sub,
    name: `${given_name} ${family_name}`,
    given_name,
    family_name,
    email: `${sub}@example.test`,
    ...rights,
  };
}

/** @param {Entry} entry @returns {Person} */
function personOf(entry) {
  const { claims: further = {}, second_factor = true, about, ...standard } = entry;
  const { sub, name, email, picture, roles = [] } = standard;
  const verified = email !== undefined && standard.email_verified === undefined && { email_verified: true };
  const rights = roles.length > 0 ? `${roles.length === 1 ? 'role' : 'roles'} ${roles.join(', ')}` : 'no role';
  return {
    sub,
    name,
    email,
    picture,
    about: about ?? rights,
    hasSecondFactor: second_factor,
    claims: { ...further, ...standard, ...verified },
  };
}

/**
 * The people as they are now: the list is asked for anew each time, because it may come from a file that changes.
 *
 * @param {() => readonly Entry[]} entries
 */
export function directoryOf(entries) {
  const all = () => entries().map(personOf);
  /** @param {string | undefined} hint a subject or an address, as `login_hint` carries it */
  const find = (hint) =>
    all().find(({ sub, email }) => hint === sub || (email && hint?.toLowerCase() === email.toLowerCase()));
  return {
    all,
    find,
    /** Names of the claims that no standard scope carries. */
    furtherClaims: () => [...new Set(entries().flatMap(({ claims = {} }) => Object.keys(claims)))].sort(),
    /** The account in the shape that `oidc-provider` asks for; which claims leave is decided by the scopes. */
    findAccount: async (/** @type {unknown} */ _ctx, /** @type {string} */ sub) => {
      const found = all().find((person) => person.sub === sub);
      return found && { accountId: sub, claims: async () => found.claims };
    },
  };
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
