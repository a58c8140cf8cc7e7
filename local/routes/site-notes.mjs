/** What a site should know of its build that no rule says. */
import { samples } from './paths.mjs';
import { isOpen } from './policy.mjs';

/**
 * @typedef {import('../built-site.mjs').Site} Site
 * @typedef {import('./policy.mjs').Policy} Policy
 */

const NAMED = 3;

/** @param {Site} site @returns {string | undefined} */
export function draftModeNote({ draftMode }) {
  if (draftMode.length === 0) return undefined;
  const [named, more] = [draftMode.slice(0, NAMED).join(', '), draftMode.length - NAMED];
  return (
    `Draft Mode or preview data is used in ${named}${more > 0 ? ` and ${more} more` : ''}: it gives browsers the preview ` +
    'id of the build, and Next calls no middleware for a request that sends it'
  );
}

/** Where a policy names only the site itself. The provider is another origin. */
const OWN_ORIGIN = /^'(?:self|none)'$/i;

/**
 * A browser holds the redirect after a form to `form-action` too (CSP Level 3 §6.4.1), and two of the gate's lead to the
 * provider: the one after signing out, and the one after a form whose session has ended.
 *
 * @param {Site} site @returns {string[]}
 */
export const formActionNotes = ({ headers }) =>
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

/** The sources of the first such directive, which is the one that counts. @param {string} policy */
function formActionOf(policy) {
  const directives = policy.split(';').map((directive) => directive.trim().split(/\s+/));
  const found = directives.find(([name = '']) => name.toLowerCase() === 'form-action');
  return found && [found.slice(1)];
}

/** @param {Site} site @param {Policy} policy @returns {string[]} */
export function cookielessNotes({ cookieless }, policy) {
  const closed = cookieless.filter(
    (route) => !samples(route, policy.rules).some((path) => isOpen(path, 'GET', policy)),
  );
  if (closed.length === 0) return [];
  return [
    `browsers and crawlers fetch these without cookies, and no rule opens them: ${closed.join(', ')}. Give them a rule ` +
      "with allow: 'public'",
  ];
}

/** @param {Site} site */
export const bodyLimitNote = ({ bodyLimit }) =>
  `Request bodies: up to ${inUnits(bodyLimit)} (experimental.proxyClientMaxBodySize); the gate answers larger ones with 413.`;

/** @param {number} bytes */
function inUnits(bytes) {
  const [unit, size] = bytes < 1024 * 1024 ? ['kB', 1024] : ['MB', 1024 * 1024];
  return `${Number((bytes / size).toFixed(2))} ${unit}`;
}
