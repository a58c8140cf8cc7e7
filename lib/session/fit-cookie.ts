import type { Json, NamedByRules } from '../types/claims.ts';
import type { Session } from '../types/session.ts';

type Claims = Readonly<Record<string, Json>>;

/**
 * A session with the least important thing taken out of it, to be tried again; null when nothing is left to take out.
 *
 * First go claims that no rule looks at, the largest first; then, in lists, the values that no rule names, and the scope
 * likewise; what is left when not even that fits is taken from the largest, because a cookie that no browser or proxy lets
 * through would refuse everything.
 */
export function dropOne(session: Session, named: NamedByRules = new Map()): Session | null {
  const { claims, scope, dropped = [] } = session;
  const mark = (name: string) => (dropped.includes(name) ? dropped : [...dropped, name]);
  const bySize = Object.entries(claims)
    .map(([name, value]) => ({ name, size: JSON.stringify(value).length + name.length }))
    .sort((one, other) => other.size - one.size)
    .map(({ name }) => name);

  const unnamed = bySize.find((name) => !named.has(name));
  if (unnamed !== undefined) return { ...session, claims: without(claims, unnamed), dropped: mark(unnamed) };

  for (const name of bySize) {
    const [value, values] = [claims[name], named.get(name)];
    if (!Array.isArray(value) || !(values instanceof Set)) continue;
    const kept = value.filter((one: Json) => values.has(one));
    if (kept.length < value.length) return { ...session, claims: { ...claims, [name]: kept }, dropped: mark(name) };
  }
  const scopes = named.get('scope');
  const keptScope = scope
    .split(' ')
    .filter((one) => scopes instanceof Set && scopes.has(one))
    .join(' ');
  if (keptScope.length < scope.length) return { ...session, scope: keptScope, dropped: mark('scope') };

  const [largest] = bySize;
  if (largest !== undefined) return { ...session, claims: without(claims, largest), dropped: mark(largest) };
  return scope === '' ? null : { ...session, scope: '', dropped: mark('scope') };
}

const without = (claims: Claims, name: string): Claims =>
  Object.fromEntries(Object.entries(claims).filter(([other]) => other !== name));
