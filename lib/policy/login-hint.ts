import type { Session } from '../types/session.ts';

/** Claims that sites use as `login_hint` (OIDC Core §3.1.2.1). */
const NAMES = ['email', 'preferred_username', 'upn', 'name'];

/** Whether a `login_hint` is about the person of a session. E-mail addresses are compared without regard to case. */
export function hintsAt(hint: string, { sub, claims }: Pick<Session, 'sub' | 'claims'>): boolean {
  return [sub, ...NAMES.map((name) => claims[name])].some(
    (known) => typeof known === 'string' && folded(known) === folded(hint),
  );
}

const folded = (text: string) => (text.includes('@') ? text.toLowerCase() : text);
