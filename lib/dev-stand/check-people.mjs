/** @typedef {import('../dev-provider/people.mjs').Entry} Entry */

/** @type {(value: unknown) => boolean} */
const isText = (value) => typeof value === 'string' && value.trim() !== '';
/** @type {(value: unknown) => boolean} */
const isFlag = (value) => typeof value === 'boolean';
/** @type {(value: unknown) => boolean} */
const isTexts = (value) => Array.isArray(value) && value.every(isText);
/** @param {unknown} value @returns {value is Record<string, unknown>} */
const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);
/** @type {(value: unknown) => boolean} */
const isPicture = (value) =>
  isText(value) && /^(https?:\/\/[^/]|data:image\/)/.test(String(value)) && URL.canParse(String(value));

/** @type {Readonly<Record<string, [valid: (value: unknown) => boolean, what: string]>>} */
const MEMBERS = {
  sub: [(value) => isText(value) && String(value).length <= 255, 'must be a text of 1 to 255 characters'],
  name: [isText, 'must be a text'],
  given_name: [isText, 'must be a text'],
  family_name: [isText, 'must be a text'],
  email: [isText, 'must be a text'],
  email_verified: [isFlag, 'must be true or false'],
  picture: [isPicture, 'must be an address that begins with https://, http:// or data:image/'],
  roles: [isTexts, 'must be a list of texts'],
  permissions: [isTexts, 'must be a list of texts'],
  claims: [isObject, 'must be an object of claims'],
  second_factor: [isFlag, 'must be true or false'],
  about: [isText, 'must be a text'],
};
const REQUIRED = ['sub', 'name'];

/** Claims that the provider states itself (OIDC Core §2, §5.6.2). */
const OWN = new Set(
  (
    'iss aud exp iat nbf jti nonce acr amr auth_time azp sid at_hash c_hash s_hash token_use events cnf ' +
    '_claim_names _claim_sources'
  ).split(' '),
);

/**
 * The people of a file, or what is wrong with it: each fault names the entry and the member.
 *
 * @param {unknown} value
 * @returns {{ people: readonly Entry[], faults?: undefined } | { people?: undefined, faults: readonly string[] }}
 */
export function checkPeople(value) {
  if (!Array.isArray(value)) return { faults: ['the file must hold a list: [{ "sub": "ana", "name": "Ana Plain" }]'] };
  if (value.length === 0) return { faults: ['the list is empty'] };
  const faults = value.flatMap((entry, place) =>
    entryFaults(entry).map((fault) => `${nameOf(entry, place)}: ${fault}`),
  );
  faults.push(...doubled(value, 'sub'), ...doubled(value, 'email'));
  return faults.length > 0 ? { faults } : { people: value };
}

/** @param {any} entry @param {number} place */
const nameOf = (entry, place) => `entry ${place + 1}${isText(entry?.sub) ? ` (${entry.sub})` : ''}`;

/** @param {unknown} entry @returns {string[]} */
function entryFaults(entry) {
  if (!isObject(entry)) return ['must be an object with sub and name'];
  const missing = REQUIRED.filter((member) => !(member in entry)).map((member) => `${member} is missing`);
  const wrong = Object.entries(entry).flatMap(([member, value]) => {
    const [valid, what] = (Object.hasOwn(MEMBERS, member) && MEMBERS[member]) || [];
    if (!valid) return [`${member} is not known here; a further claim stands in claims: { "${member}": … }`];
    return valid(value) ? [] : [`${member} ${what}`];
  });
  return [...missing, ...wrong, ...(isObject(entry.claims) ? claimFaults(entry.claims) : [])];
}

/** @param {Record<string, unknown>} claims */
const claimFaults = (claims) =>
  Object.keys(claims).flatMap((name) => {
    if (OWN.has(name)) return [`claims.${name} is stated by the provider itself`];
    if (Object.hasOwn(MEMBERS, name)) return [`claims.${name} is a member of its own, beside claims`];
    return name === '' ? ['claims has a claim without a name'] : [];
  });

/** @param {any[]} entries @param {string} member */
function doubled(entries, member) {
  const values = entries.map((entry) => (isText(entry?.[member]) ? entry[member].toLowerCase() : undefined));
  return values.flatMap((value, place) => {
    const first = values.indexOf(value);
    if (value === undefined || first === place) return [];
    return [`${nameOf(entries[place], place)}: ${member} is that of entry ${first + 1}`];
  });
}
