/** Rules that come too late: the first that fits a request decides, so an earlier and wider one takes theirs. */
import type { Rule } from '../policy/rule.ts';
import { SESSIONS } from '../routes.ts';
import type { Site } from './built-site.ts';
import type { Policy } from './load-config.ts';
import { isRewritten } from './rewrites.ts';
import { METHODS, textOf } from './rule-lookup.ts';
import { likeness, sample, servedAt } from './sample-paths.ts';

/** What a rule applies to when no other comes before it. */
interface Requests {
  readonly segments: readonly string[];
  /** Whether it applies to what is below these as well. */
  readonly below: boolean;
  readonly methods: readonly string[];
}

/**
 * Restricting rules that an earlier rule hides.
 *
 * An earlier rule that lies wholly within the later one is an exception from it (`/admin/login` before `/admin/*`, GET
 * before all methods, `/de/admin` before `/admin`), which is how rules are meant to be written. One that takes everything
 * from it hides it, and so does an opening one that takes a part and has other paths besides (`/:section/help` before
 * `/admin/*`), when the site answers there. Between two restricting rules only the whole counts, and only when the earlier
 * asks less; with locales, the whole in one language.
 */
export function hiddenRules({ rules, locales = [] }: Pick<Policy, 'rules' | 'locales'>, site: Site): string[] {
  return rules.flatMap((rule, place) => {
    if (isOpening(rule)) return [];
    const earlier = rules.slice(0, place);
    const found = earlier.flatMap((other, at) => {
      const before = earlier.slice(0, at).filter((first) => !isOpening(first));
      const guarded = before.flatMap((first) => [requestsOf(first), ...locales.map((one) => behind(one, first))]);
      return pairsOf(other, rule, locales).flatMap((pair) => hiding(pair, guarded, site) ?? []);
    });
    return found.slice(0, 1);
  });
}

const isOpening = ({ allow }: Rule) => allow === 'public' || allow === 'optional';

/** Two rules, with the requests that are compared. */
interface Pair {
  readonly other: Rule;
  readonly wider: Requests;
  /** The later one. */
  readonly rule: Rule;
  readonly own: Requests;
  /** Whether `own` is the rule in one language alone. */
  readonly isPart?: boolean;
}

/** The rules as they are, and each behind a locale that the other has in its pattern. No parameter stands for a locale. */
function pairsOf(other: Rule, rule: Rule, locales: readonly string[]): Pair[] {
  const [wider, own] = [requestsOf(other), requestsOf(rule)];
  const inLocales = locales.flatMap((locale): Pair[] => [
    ...(isNamed(rule) ? [] : [{ other, wider: behind(locale, other), rule, own }]),
    ...(isNamed(other) ? [] : [{ other, wider, rule, own: behind(locale, rule), isPart: true }]),
  ]);
  const [first = ''] = own.segments;
  const isApart = isNamed(other) && locales.some((locale) => isSame(locale, first));
  return isApart ? inLocales : [{ other, wider, rule, own }, ...inLocales];
}

const isNamed = ({ path }: Rule) => path.startsWith('/:');

const behind = (locale: string, rule: Rule): Requests => {
  const { segments, ...others } = requestsOf(rule);
  return { ...others, segments: [locale, ...segments] };
};

/** @param guarded what restricting rules before both apply to */
function hiding(
  { other, wider, rule, own, isPart = false }: Pair,
  guarded: readonly Requests[],
  site: Site,
): string | undefined {
  const shared = overlap(wider, own);
  if (!shared || guarded.some((first) => includes(first, shared))) return undefined;
  const comesFirst = (what: string) => `rule ${textOf(rule)} ${what}, because ${textOf(other)} comes first: move it up`;
  if (isPart && includes(own, wider)) return undefined;
  if (includes(wider, own)) {
    if (!isOpening(other) && !asksMore(rule, other)) return undefined;
    return comesFirst(isPart ? `does not apply to ${pathOf(own)}` : 'never applies');
  }
  if (!isOpening(other) || includes(own, wider) || !isAnswered(shared, site)) return undefined;
  return comesFirst(`does not apply to ${pathOf(shared)}`);
}

interface Patterned extends Pick<Rule, 'methods'> {
  readonly path: string;
}

/** HEAD is GET without a body: a rule for GET is a rule for both. */
const requestsOf = ({ path, methods }: Patterned): Requests => ({
  segments: path.split('/').filter((segment) => segment !== '' && segment !== '*'),
  below: path.endsWith('/*'),
  methods: methods ? [...methods, ...(methods.includes('GET') ? ['HEAD'] : [])] : METHODS,
});

const isName = (segment: string) => segment.startsWith(':');
/** A restricting rule ignores case. */
const isSame = (one: string, other: string) => one.toLowerCase() === other.toLowerCase();

/** Whether one applies to everything that the other does. */
function includes(outer: Requests, inner: Requests): boolean {
  const [long, short] = [inner.segments.length, outer.segments.length];
  return (
    (outer.below ? long >= short : long === short && !inner.below) &&
    outer.segments.every((segment, place) => isName(segment) || isSame(segment, inner.segments[place] ?? '')) &&
    inner.methods.every((method) => outer.methods.includes(method))
  );
}

/** The same for two patterns. */
export const appliesWithin = (inner: Patterned, outer: Patterned): boolean =>
  includes(requestsOf(outer), requestsOf(inner));

/** What both apply to. */
function overlap(one: Requests, other: Requests): Requests | undefined {
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

const pathOf = ({ segments, below }: Requests) => `/${[...segments, ...(below ? ['*'] : [])].join('/')}`;

/** Whether a route or a rewrite of the site answers there. */
function isAnswered(shared: Requests, site: Site): boolean {
  const path = pathOf(shared);
  const routed = [...site.routes, SESSIONS].some((route) => likeness(path, sample(route)).some(servedAt(route)));
  return (
    routed || site.rewrites.some(({ source }) => likeness(path, sample(source)).some((one) => isRewritten(one, site)))
  );
}

/** Both restrict. */
function asksMore(rule: Rule, other: Rule): boolean {
  const asked: Readonly<Record<string, unknown>> = requirementsOf(other);
  return Object.entries(requirementsOf(rule)).some(
    ([name, value]) => JSON.stringify(value) !== JSON.stringify(asked[name]),
  );
}

const requirementsOf = ({ allow, alwaysCheck, cookies }: Rule) => ({
  ...(typeof allow === 'object' && allow),
  alwaysCheck,
  cookies,
});
