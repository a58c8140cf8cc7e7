import { describe, expect, it } from 'vitest';
import { createDeps } from '../../lib/context';
import { createGate } from '../../lib/gate';
import { defineRules } from '../../lib/policy/rules';
import { createWorld } from '../world/world';

const rules = defineRules([
  { path: '/old/*', allow: 'session', cookies: 'hidden' },
  { path: '/blog/*', allow: 'public' },
  { path: '/shop/*', allow: 'optional', cookies: 'hidden' },
]);
const OURS = [
  '__Host-Http-oidc_flow.AAAAAAAAAAAAAAAA=1',
  '__Host-Http-oidc_trips=1',
  '__Host-Http-oidc_flow.BBBBBBBBBBBBBBBB=2',
];
const THEIRS = 'theme=dark; flag; __Host-Http-docs=1; __Host-Http-oidc_flow.docs.AAAAAAAAAAAAAAAA=1; a=b=c';

/** What the site behind the gate sees of the cookies; undefined = what was sent, null = none. */
async function seen(path: string, cookies: string, signedIn = true) {
  const world = await createWorld();
  const gate = createGate({ load: () => ({ ...createDeps(world.env), rules }), log: () => {} });
  const name = '__Host-Http-session';
  const session = signedIn ? `${name}=${(await world.signedIn()).cookies.get(name)?.value}; ` : '';
  const headers = { cookie: session + cookies };
  const answer = await gate(new Request(world.site + path, { headers }), { pathname: path, waitUntil() {} });
  if (answer instanceof Response) throw new Error(`refused with ${answer.status}`);
  return answer.requestHeaders?.find(([header]) => header === 'cookie')?.[1];
}

describe('a rule that hides the cookies, as every public one does,', () => {
  it.each(['/old/page', '/blog/post', '/shop/item'])('takes off those of the gate, and no other: %s', async (path) => {
    expect(await seen(path, [...OURS, THEIRS].join('; '))).toBe(THEIRS);
  });

  it('leaves nothing where there was nothing else', async () => {
    expect(await seen('/old/page', OURS.join('; '))).toBeNull();
  });

  it('changes nothing where none of them was sent', async () => {
    expect(await seen('/shop/item', THEIRS, false)).toBeUndefined();
  });

  it('is needed for it: another page sees the session', async () => {
    expect(await seen('/dashboard', THEIRS)).toBeUndefined();
  });
});
