/** Rules that come too late: the first that fits a request decides, so an earlier and wider one takes theirs. */
import { likeness, sample, servedAt } from './paths.mjs';
import { METHODS, textOf } from './policy.mjs';
import { isRewritten } from './rewrites.mjs';

/**
 * @typedef {import('../built-site.mjs').Site} Site
 * @typedef {import('./policy.mjs').Rule} Rule
 *
 * @typedef {object} Requests what a rule catches when no other comes before it
 * @property {readonly string[]} segments
 * @property {boolean} below whether it catches what is below these as well
 * @property {readonly string[]} methods
 */

/**
 * Restricting rules that an earlier rule hides.
 *
 * An earlier rule that lies wholly within the later one is an exception from it (`/admin/login` before `/admin/*`, GET
 * before all methods), which is how rules are meant to be written. One that takes everything from it hides it, and so
 * does an opening one that takes a part and has other paths besides (`/:section/help` before `/admin/*`), when the site
 * answers there. Between two restricting rules only the whole counts, and only when the earlier asks less.
 *
 * @param {readonly Rule[]} rules @param {Site} site @returns {string[]}
 */
export function hiddenRules(rules, site) {
  return rules.flatMap((rule, place) => {
    if (isOpening(rule)) return [];
    const earlier = rules.slice(0, place);
    const found = earlier.flatMap((other, at) => {
      const guarded = earlier.slice(0, at).filter((first) => !isOpening(first));
      return hiding(other, rule, guarded, site) ?? [];
    });
    return found.slice(0, 1);
  });
}

/** @param {Rule} rule */
const isOpening = ({ allow }) => allow === 'public' || allow === 'optional';

/**
 * @param {Rule} other @param {Rule} rule the later one @param {readonly Rule[]} guarded restricting rules before both
 * @param {Site} site
 */
function hiding(other, rule, guarded, site) {
  const [wider, own] = [requestsOf(other), requestsOf(rule)];
  const shared = overlap(wider, own);
  if (!shared || guarded.some((first) => includes(requestsOf(first), shared))) return undefined;
  if (includes(wider, own)) {
    if (!isOpening(other) && !asksMore(rule, other)) return undefined;
    return `rule ${textOf(rule)} never applies, because ${textOf(other)} comes first: move it up`;
  }
  if (!isOpening(other) || includes(own, wider) || !isAnswered(shared, site)) return undefined;
  return `rule ${textOf(rule)} does not apply to ${pathOf(shared)}, because ${textOf(other)} comes first: move it up`;
}

/** HEAD is GET without a body: a rule for GET is a rule for both. @param {Rule} rule @returns {Requests} */
const requestsOf = ({ path, methods }) => ({
  segments: path.split('/').filter((segment) => segment !== '' && segment !== '*'),
  below: path.endsWith('/*'),
  methods: methods ? [...methods, ...(methods.includes('GET') ? ['HEAD'] : [])] : METHODS,
});

/** @param {string} segment */
const isName = (segment) => segment.startsWith(':');
/** A restricting rule ignores case. @param {string} one @param {string} other */
const isSame = (one, other) => one.toLowerCase() === other.toLowerCase();

/** Whether one catches everything that the other does. @param {Requests} outer @param {Requests} inner */
function includes(outer, inner) {
  const [long, short] = [inner.segments.length, outer.segments.length];
  return (
    (outer.below ? long >= short : long === short && !inner.below) &&
    outer.segments.every((segment, place) => isName(segment) || isSame(segment, inner.segments[place] ?? '')) &&
    inner.methods.every((method) => outer.methods.includes(method))
  );
}

/** What both catch. @param {Requests} one @param {Requests} other @returns {Requests | undefined} */
function overlap(one, other) {
  const length = Math.max(one.segments.length, other.segments.length);
  if ([one, other].some(({ segments, below }) => segments.length < length && !below)) return undefined;
  const segments = Array.from({ length }, (_, place) => {
    const [mine = ':any', theirs = ':any'] = [one.segments[place], other.segments[place]];
    if (isName(mine)) return theirs;
    return isName(theirs) || isSame(mine, theirs) ? mine : undefined;
  });
  const methods = one.methods.filter((method) => other.methods.includes(method));
  if (methods.length === 0 || segments.includes(undefined)) return undefined;
  return { segments: segments.filter((segment) => segment !== undefined), below: one.below && other.below, methods };
}

/** @param {Requests} requests */
const pathOf = ({ segments, below }) => `/${[...segments, ...(below ? ['*'] : [])].join('/')}`;

/** Whether a route or a rewrite of the site answers there. @param {Requests} shared @param {Site} site */
function isAnswered(shared, site) {
  const path = pathOf(shared);
  const routed = site.routes.some((route) => likeness(path, sample(route)).some(servedAt(route)));
  return (
    routed || site.rewrites.some(({ source }) => likeness(path, sample(source)).some((one) => isRewritten(one, site)))
  );
}

/** @param {Rule} rule @param {Rule} other both restricting */
function asksMore(rule, other) {
  const asked = /** @type {Record<string, unknown>} */ (requirementsOf(other));
  return Object.entries(requirementsOf(rule)).some(
    ([name, value]) => JSON.stringify(value) !== JSON.stringify(asked[name]),
  );
}

/** @param {Rule} rule */
const requirementsOf = ({ allow, alwaysCheck, cookies }) => ({
  ...(typeof allow === 'object' && allow),
  alwaysCheck,
  cookies,
});
