import { beforeEach, describe, expect, it } from 'vitest';
import { createWorld, type World } from '../world/world';

let world: World;
beforeEach(async () => {
  world = await createWorld();
});

async function atTheProvider(path = '/dashboard') {
  const browser = world.browser();
  const { hops } = await browser.navigate(path, { redirect: 'manual' });
  const back = new URL(await world.provider.signIn(hops[0]?.headers.get('location') ?? ''));
  return { browser, back };
}
const tokenCalls = () => world.provider.ledger.filter(({ endpoint }) => endpoint === 'token').length;

type Change = (parameters: URLSearchParams) => void;
const cases: [title: string, change: Change, status: number, code: string][] = [
  ['no parameter at all', (p) => [...p.keys()].map((name) => p.delete(name)), 400, 'LOGIN_REJECTED'],
  ['state missing', (p) => p.delete('state'), 400, 'LOGIN_REJECTED'],
  ['state empty', (p) => p.set('state', ''), 400, 'LOGIN_REJECTED'],
  ['state wrong', (p) => p.set('state', 'x'.repeat(43)), 400, 'LOGIN_REJECTED'],
  ['state with something behind it', (p) => p.set('state', `${p.get('state')}x`), 400, 'LOGIN_REJECTED'],
  ['state doubled', (p) => p.append('state', p.get('state') ?? ''), 400, 'BAD_REQUEST'],
  ['state huge', (p) => p.set('state', 'x'.repeat(10_000)), 400, 'LOGIN_REJECTED'],
  ['code missing', (p) => p.delete('code'), 400, 'BAD_REQUEST'],
  ['code empty', (p) => p.set('code', ''), 400, 'BAD_REQUEST'],
  ['code doubled', (p) => p.append('code', 'other'), 400, 'BAD_REQUEST'],
  ['an unknown code that is huge', (p) => p.set('code', 'x'.repeat(10_000)), 400, 'CODE_REJECTED'],
  ['an unknown code', (p) => p.set('code', 'unknown'), 400, 'CODE_REJECTED'],
  ['iss of another provider', (p) => p.set('iss', 'https://evil.test'), 400, 'ISSUER_MISMATCH'],
  ['iss empty', (p) => p.set('iss', ''), 400, 'ISSUER_MISMATCH'],
  ['iss doubled', (p) => [1, 2].map(() => p.append('iss', world.provider.issuer)), 400, 'BAD_REQUEST'],
  ['an unknown parameter doubled', (p) => [1, 2].map((n) => p.append('x', String(n))), 400, 'BAD_REQUEST'],
  ['error beside a code', (p) => p.set('error', 'access_denied'), 400, 'SIGN_IN_DENIED'],
  ['error empty', (p) => p.set('error', ''), 502, 'PROVIDER_ERROR'],
  ['error huge', (p) => p.set('error', 'x'.repeat(4000)), 502, 'PROVIDER_ERROR'],
  ['error login_required', (p) => p.set('error', 'login_required'), 400, 'SIGN_IN_INCOMPLETE'],
  ['error interaction_required', (p) => p.set('error', 'interaction_required'), 400, 'SIGN_IN_INCOMPLETE'],
  ['error consent_required', (p) => p.set('error', 'consent_required'), 400, 'SIGN_IN_INCOMPLETE'],
  ['error unauthorized_client', (p) => p.set('error', 'unauthorized_client'), 502, 'CLIENT_REJECTED'],
  ['error invalid_scope', (p) => p.set('error', 'invalid_scope'), 502, 'PROVIDER_ERROR'],
  ['error server_error', (p) => p.set('error', 'server_error'), 502, 'PROVIDER_ERROR'],
  ['error temporarily_unavailable', (p) => p.set('error', 'temporarily_unavailable'), 503, 'PROVIDER_UNAVAILABLE'],
  ['an ID token beside the code', (p) => p.set('id_token', 'x.y.z'), 400, 'BAD_REQUEST'],
  ['a JARM response', (p) => p.set('response', 'x.y.z'), 400, 'BAD_REQUEST'],
];

describe.each(cases)('a callback with %s', (_, change, status, code) => {
  it(`is answered ${status} ${code}, and no session is made`, async () => {
    const { browser, back } = await atTheProvider();
    change(back.searchParams);
    const { response } = await browser.navigate(back.href, { redirect: 'manual' });
    expect(response.status).toBe(status);
    const html = await response.text();
    expect(html).toContain(code);
    expect(html).toContain(response.headers.get('x-request-id'));
    expect(browser.cookies.get('__Host-Http-session')).toBeUndefined();
    expect(tokenCalls()).toBe(code === 'CODE_REJECTED' ? 1 : 0);
  });
});
