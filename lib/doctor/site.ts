import { type HeaderRules, strictFormActions } from '../next/contradictions.ts';
import { type Finding, findingsOf, shown } from './finding.ts';

export const SITE = findingsOf(
  'site',
  {
    'next-missing': {
      severity: 'fault',
      what: 'Next.js is not installed in this folder.',
      why: 'The environment is read, and the site is served, by the Next.js of the site.',
      mend: 'Run the command in the folder of the site after `npm install`, or name the folder: `npx gatehouse doctor path/to/site`.',
    },
    'version-old': {
      severity: 'fault',
      what: 'A version is older than the gate needs.',
      why: 'Before Next.js 16.2.11 a request could get around the matcher of the middleware; the gate is tested from Node 20.9 and React 19.',
      mend: 'npm install next@latest react@latest react-dom@latest',
    },
    'middleware-missing': {
      severity: 'fault',
      what: 'There is no middleware.ts and no proxy.ts beside app/ or pages/ (in src/ on a site that has one).',
      why: 'Without it the whole site is open.',
      mend: '`npx gatehouse init` writes it. By hand: the six lines of the README, with the matcher to the letter.',
    },
    'middleware-twice': {
      severity: 'fault',
      what: 'There are both a middleware and a proxy file.',
      why: 'Next.js builds one of them alone; with both the build fails.',
      mend: 'Keep one of them: middleware.ts runs on the Edge, proxy.ts on Node.',
    },
    'gate-not-called': {
      severity: 'warning',
      what: 'The middleware does not import `gatehouse` from `next-gatehouse`.',
      why: 'Unless a module of the site calls the gate for it, the whole site is open.',
      mend: '`npx gatehouse init` puts the gate in front of it. By hand: export default gatehouse(site);',
    },
    'matcher-differs': {
      severity: 'warning',
      what: 'The matcher of the middleware is not the one of the README.',
      why: 'A path that the matcher leaves out is open, whatever the rules say; Next.js reads a literal alone.',
      mend: "export const config = { matcher: [{ source: '/:path((?!_next/static/).*)?', locale: false }] };",
    },
    'with-gatehouse-missing': {
      severity: 'warning',
      what: 'The Next.js configuration is not wrapped in `withGatehouse()` of `next-gatehouse/config`.',
      why: 'Bodies over the limit are cut without an error, cache headers of some pages are replaced, and missing build files reach dynamic routes.',
      mend: '`npx gatehouse init` wraps it. By hand: export default withGatehouse(nextConfig);',
    },
    'build-missing': {
      severity: 'note',
      what: 'There is no build, so that routes, matcher and body limit were not compared with the rules.',
      why: '`gatehouse routes` reads what `next build` has made.',
      mend: 'npx next build && npx gatehouse doctor',
    },
    'routes-open': {
      severity: 'fault',
      what: 'A route of the build is open without a rule that says so, or a rule has no effect.',
      why: 'A request without a session gets what the rules were to protect.',
      mend: 'npx gatehouse routes',
    },
    'routes-warn': {
      severity: 'note',
      what: '`gatehouse routes` has warnings.',
      why: 'The rules of the site may not say what is meant.',
      mend: 'npx gatehouse routes',
    },
    'csp-form-action': {
      severity: 'warning',
      what: 'The Content-Security-Policy of the site has a `form-action` without the provider.',
      why: 'Browsers block the redirect after the sign-out form, and after a form whose session has ended (CSP Level 3 §6.4.1).',
      mend: 'Add the origin of the provider to `form-action`, or set SSO_FORM_REDIRECTS=page.',
    },
    'referrer-policy': {
      severity: 'note',
      what: 'The site sends `Referrer-Policy: no-referrer`.',
      why: 'Browsers then send `Origin: null` on the POST of a form; one without Fetch Metadata is refused with CSRF_REJECTED.',
      mend: 'Referrer-Policy: same-origin',
    },
  },
  {
    'versions-fit': 'Next.js, React and Node are new enough.',
    'middleware-stands': 'The middleware calls the gate with the matcher of the README.',
    'routes-closed': 'Every route of the build is closed, or open by a rule.',
    'body-limit': 'Request bodies have one limit in Next.js and the gate.',
  },
);

export interface SourceFile {
  readonly file: string;
  readonly source: string;
}

/** What is known of the site from its folder. */
export interface SiteFacts {
  /** `middleware.*` and `proxy.*`, where Next looks for them. */
  readonly middleware: readonly SourceFile[];
  readonly nextConfig?: SourceFile | undefined;
  readonly versions: Readonly<Record<'node' | 'next' | 'react' | 'next-gatehouse', string | undefined>>;
  /** What `gatehouse routes` says of the build; absent without one. */
  readonly build?: BuildFacts | undefined;
  /** Headers that the configuration of Next sets. */
  readonly headers: HeaderRules;
}

export interface BuildFacts {
  readonly open: readonly string[];
  readonly faults: readonly string[];
  readonly warnings: readonly string[];
  /** Bytes. */
  readonly bodyLimit: number;
}

export const checkSite = (facts: SiteFacts, formRedirects: string | undefined): Finding[] => [
  ...versionFindings(facts.versions),
  ...middlewareFindings(facts.middleware),
  ...(facts.nextConfig?.source.includes('withGatehouse') ? [] : [SITE.found('with-gatehouse-missing')]),
  ...(facts.build ? buildFindings(facts.build) : [SITE.found('build-missing')]),
  ...headerFindings(facts.headers, formRedirects),
];

const LEAST = { node: '20.9.0', next: '16.2.11', react: '19.0.0' } as const;

function versionFindings(versions: SiteFacts['versions']): Finding[] {
  if (versions.next === undefined) return [SITE.found('next-missing')];
  const entries = Object.entries(LEAST) as [keyof typeof LEAST, string][];
  const old = entries.filter(([name, least]) => isOlder(versions[name] ?? '0', least));
  if (old.length === 0) {
    const all = Object.entries(versions).map(([name, version]) => `${name} ${version ?? '?'}`);
    return [SITE.passed('versions-fit', `${all.join(', ')}.`)];
  }
  return old.map(([name, least]) =>
    SITE.found('version-old', {
      what: versions[name]
        ? `${name} is ${versions[name]}; the gate needs ${least} or later.`
        : `${name} is not installed.`,
      mend: name === 'node' ? `Install Node ${least} or later.` : `npm install ${name}@latest`,
    }),
  );
}

/** By the three numbers; what follows a hyphen (`16.3.0-canary.1`) is left out. */
function isOlder(version: string, least: string): boolean {
  const numbers = (text: string) => (text.split('-')[0] ?? '').split('.').map(Number);
  const [own, other] = [numbers(version), numbers(least)];
  const place = other.findIndex((number, at) => (own[at] ?? 0) !== number);
  return place >= 0 && (own[place] ?? 0) < (other[place] ?? 0);
}

/** The matcher to the letter, in any quotes and spacing. */
const MATCHER = /\{\s*source\s*:\s*(['"`])\/:path\(\(\?!_next\/static\/\)\.\*\)\?\1\s*,\s*locale\s*:\s*false\s*,?\s*\}/;

function middlewareFindings(files: readonly SourceFile[]): Finding[] {
  const [first, second] = files;
  if (!first) return [SITE.found('middleware-missing')];
  const names = files.map(({ file }) => file).join(', ');
  if (second) return [SITE.found('middleware-twice', { what: `There are ${names}.` })];
  const { file, source } = first;
  const findings = [
    ...(source.includes('next-gatehouse')
      ? []
      : [SITE.found('gate-not-called', { what: `${file} does not import \`next-gatehouse\`.` })]),
    ...(MATCHER.test(source)
      ? []
      : [SITE.found('matcher-differs', { what: `The matcher of ${file} is not the one of the README.` })]),
  ];
  if (findings.length > 0) return findings;
  return [SITE.passed('middleware-stands', `${file} calls the gate with the matcher of the README.`)];
}

const NAMED = 3;

const some = (list: readonly string[]) =>
  `${list.slice(0, NAMED).join('; ')}${list.length > NAMED ? `; and ${list.length - NAMED} more` : ''}`;

function buildFindings({ open, faults, warnings, bodyLimit }: BuildFacts): Finding[] {
  const wrong = [...open, ...faults];
  const megabytes = Number((bodyLimit / 1024 / 1024).toFixed(2));
  return [
    wrong.length > 0
      ? SITE.found('routes-open', { what: `\`gatehouse routes\` fails: ${some(wrong)}.` })
      : SITE.passed('routes-closed'),
    ...(warnings.length > 0
      ? [
          SITE.found('routes-warn', {
            what: `\`gatehouse routes\` has ${warnings.length} warnings: ${some(warnings)}.`,
          }),
        ]
      : []),
    SITE.passed(
      'body-limit',
      `Request bodies: up to ${megabytes} MB (maxBodyBytes of withGatehouse); larger ones get 413.`,
    ),
  ];
}

function headerFindings(headers: HeaderRules, formRedirects: string | undefined): Finding[] {
  const strict = formRedirects === 'page' ? [] : strictFormActions(headers);
  const policies = headers.flatMap((rule) => rule.headers).filter(({ key }) => key.toLowerCase() === 'referrer-policy');
  return [
    ...strict.map(({ source, allowed }) =>
      SITE.found('csp-form-action', {
        what: `The Content-Security-Policy of ${shown(source)} has \`form-action ${shown(allowed)}\`.`,
      }),
    ),
    ...(policies.some(({ value }) => value.trim() === 'no-referrer') ? [SITE.found('referrer-policy')] : []),
  ];
}

/** Bytes of the headers that the configuration sets on every answer. */
export const headerBytes = (headers: HeaderRules): number =>
  headers
    .filter(({ source }) => /^\/(:\w+\*|\(\.\*\)|:\w+\(\.\*\)\??)$/.test(source))
    .flatMap((rule) => rule.headers)
    .reduce((bytes, { key, value }) => bytes + key.length + value.length + 4, 0);
