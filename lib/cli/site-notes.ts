/** What the owner of a site should know of its build that no rule says. */
import { strictFormActions } from '../next/contradictions.ts';
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

export const formActionNotes = ({ headers }: Site): string[] =>
  strictFormActions(headers).map(
    ({ source, allowed }) =>
      `the Content-Security-Policy of ${source} has \`form-action ${allowed}\`: browsers block the redirect to ` +
      'the provider after the sign-out form, and after a form whose session has ended. Add the origin of the provider, ' +
      'or set SSO_FORM_REDIRECTS=page, so that the gate goes on with a page instead of a redirect',
  );

export function cookielessNotes({ cookieless }: Site, policy: Policy): string[] {
  const closed = cookieless.filter((route) => !samples(route, policy).some((path) => isOpen(path, 'GET', policy)));
  if (closed.length === 0) return [];
  return [
    `browsers and crawlers fetch these without cookies, and no rule opens them: ${closed.join(', ')}. Give them a rule ` +
      "with allow: 'public'",
  ];
}

/** Which helpers a site imports cannot be seen in its build. */
export const variablesNotes = ({ hasOwnVariables = false }: Policy): string[] =>
  hasOwnVariables
    ? [
        'the Gatehouse configuration has `env`, which `getSession` and `requireSession` of next-gatehouse/server do not ' +
          'know: make the helpers with `createServerHelpers(site)`',
      ]
    : [];

export const bodyLimitNote = ({ bodyLimit }: Site): string =>
  `Request bodies: up to ${inUnits(bodyLimit)} (experimental.proxyClientMaxBodySize); the gate answers larger ones with 413.`;

function inUnits(bytes: number): string {
  const [unit, size] = bytes < 1024 * 1024 ? ['kB', 1024] : ['MB', 1024 * 1024];
  return `${Number((bytes / Number(size)).toFixed(2))} ${unit}`;
}
