/** What the owner of a site should know of its build that no rule says. */
import type { Site } from './built-site.ts';
import type { Policy } from './load-config.ts';
import { isOpen } from './rule-lookup.ts';
import { samples } from './sample-paths.ts';

const NAMED = 3;

export function draftModeNote({ draftMode }: Site): string | undefined {
  if (draftMode.length === 0) return undefined;
  const [named, more] = [draftMode.slice(0, NAMED).join(', '), draftMode.length - NAMED];
  return (
    `Draft Mode or preview data is used in ${named}${more > 0 ? ` and ${more} more` : ''}: it gives browsers the preview ` +
    'id of the build, and Next calls no middleware for a request that sends it'
  );
}

/** A source that names the site itself alone. The provider is another origin. */
const OWN_ORIGIN = /^'(?:self|none)'$/i;

/**
 * A browser holds the redirect after a form to `form-action` too (CSP Level 3 §6.4.1), and two of the gate's lead to the
 * provider: the one after signing out, and the one after a form whose session has ended.
 */
export const formActionNotes = ({ headers }: Site): string[] =>
  headers.flatMap(({ source, headers: list }) => {
    const sources = list
      .filter(({ key }) => key.toLowerCase() === 'content-security-policy')
      .flatMap(({ value }) => value.split(',')) // each of them must be met
      .flatMap((policy) => formActionOf(policy) ?? []);
    const strict = sources.find((allowed) => allowed.every((one) => OWN_ORIGIN.test(one)));
    if (!strict) return [];
    return [
      `the Content-Security-Policy of ${source} has \`form-action ${strict.join(' ')}\`: browsers block the redirect to ` +
        'the provider after the sign-out form, and after a form whose session has ended. Add the origin of the provider, ' +
        'or set SSO_FORM_REDIRECTS=page, so that the gate goes on with a page instead of a redirect',
    ];
  });

/** The sources of the first such directive, which is the one that counts. */
function formActionOf(policy: string): string[][] | undefined {
  const directives = policy.split(';').map((directive) => directive.trim().split(/\s+/));
  const found = directives.find(([name = '']) => name.toLowerCase() === 'form-action');
  return found && [found.slice(1)];
}

export function cookielessNotes({ cookieless }: Site, policy: Policy): string[] {
  const closed = cookieless.filter(
    (route) => !samples(route, policy.rules).some((path) => isOpen(path, 'GET', policy)),
  );
  if (closed.length === 0) return [];
  return [
    `browsers and crawlers fetch these without cookies, and no rule opens them: ${closed.join(', ')}. Give them a rule ` +
      "with allow: 'public'",
  ];
}

export const bodyLimitNote = ({ bodyLimit }: Site): string =>
  `Request bodies: up to ${inUnits(bodyLimit)} (experimental.proxyClientMaxBodySize); the gate answers larger ones with 413.`;

function inUnits(bytes: number): string {
  const [unit, size] = bytes < 1024 * 1024 ? ['kB', 1024] : ['MB', 1024 * 1024];
  return `${Number((bytes / Number(size)).toFixed(2))} ${unit}`;
}
