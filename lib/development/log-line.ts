import type { LogEvent } from '../events.ts';
import { cured } from './cures.ts';
import { isOtherPort, otherPort } from './other-port.ts';

/** Problems that another event has said already. */
const SAID = ['FORBIDDEN', 'UNAUTHENTICATED', 'STEP_UP_REQUIRED', 'HOST_MISMATCH', 'MISCONFIGURED'];

/**
 * An event as a line for a developer; null for one that says nothing new. The log of a deployment has JSON, which this is not.
 *
 * @param rules of the site, to name those that have a fault
 */
export function logLine(event: LogEvent, rules: unknown): string | null {
  if (event.event === 'problem' && SAID.includes(event.code)) return null;
  const repeats = event.count ? ` (${event.count} more of the kind within a minute)` : '';
  return `[gatehouse] ${sentence(event, rules)}${repeats}`;
}

function sentence(event: LogEvent, rules: unknown): string {
  switch (event.event) {
    case 'access_refused':
      return refusal(event);
    case 'misconfigured': {
      const faults = Object.entries(cured(event.variables, rules)).map(([name, what]) => `\n  ${name}: ${what}`);
      return `is not configured, so every page answers 503:${faults.join('')}`;
    }
    case 'host_mismatch':
      if (isOtherPort(event)) return `APP_URL (or SSO_REDIRECT_URI) ${otherPort(event)}`;
      return `the request names the host ${event.seen}, and SSO_REDIRECT_URI the host ${event.expected}: open the site there, or let the proxy in front hand its Host header on`;
    case 'problem':
      return `${event.path ?? 'a request'}: ${[event.status, event.code, event.reason, event.cause].filter(Boolean).join(' ')} (reference ${event.ref})`;
    default: {
      const { event: name, ref: _, refs: __, count: ___, ...members } = event;
      const said = Object.entries(members).filter(([, value]) => value !== undefined);
      return [name, ...said.map(([member, value]) => `${member}=${JSON.stringify(value)}`)].join(' ');
    }
  }
}

function refusal({ path = 'a request', rule, why, droppedClaims }: LogEvent & { readonly event: 'access_refused' }) {
  if (why === 'step_up') return `${path} needs a stronger or a more recent sign-in, by the rule ${rule}`;
  if (why === 'not_met') {
    const dropped = droppedClaims ? `; the cookie had no room for ${droppedClaims.join(', ')}` : '';
    return `${path} is refused to this session, by the rule ${rule}${dropped}`;
  }
  const opening = rule === '/*' ? `. To open it: { path: '${path}', allow: 'public' }` : '';
  return `${path} needs a session, by the rule ${rule}${opening}`;
}
