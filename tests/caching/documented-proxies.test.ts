import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureBuild, freePort } from '../../local/site.mjs';
import { type Stand, startStand } from '../../local/stand.mjs';
import { overTheWire } from '../processes/wires';
import { needs } from '../setup/skipped';
import { createBrowser } from '../world/browser';
import { type DocumentedNginx, documentedNginx, hasNginxWithTls } from './documented-nginx';

const reason = 'the documented nginx is left out, because there is no nginx or no openssl on this machine';
const proof = needs(hasNginxWithTls, reason);

let nginx: DocumentedNginx;
let stand: Stand;
let ports: { readonly http: number; readonly https: number };

/** The same as nginx is by default. */
const withoutHost = (text: string) => text.replace(/^ *proxy_set_header Host .*\n/m, '');

const browse = () => createBrowser({ origin: `https://localhost:${ports.https}`, send: overTheWire });

async function signedIn() {
  const browser = browse();
  const asked = await browser.navigate('/account');
  const page = asked.hops.at(-1)?.url ?? '';
  const visit = await browser.post(page, { form: { account: 'budi' }, origin: stand.issuer });
  return { browser, visit };
}

describe('the site behind the nginx of the documentation, with TLS', proof, () => {
  beforeAll(async () => {
    await ensureBuild(() => {});
    ports = { http: await freePort(0), https: await freePort(0) };
    stand = await startStand({ origin: `https://localhost:${ports.https}`, env: { TRUSTED_PROXY_HOPS: '1' } });
    nginx = documentedNginx({ ...ports, upstream: new URL(stand.siteUrl).host });
    await nginx.start();
  }, 240_000);
  afterAll(async () => {
    await nginx?.close();
    await stand?.close();
  });

  it('sends http to https', async () => {
    const response = await overTheWire(new Request(`http://localhost:${ports.http}/account?a=1`));
    expect([response.status, response.headers.get('location')]).toEqual([308, 'https://localhost/account?a=1']);
  });

  it('signs in and out, with the cookie of https sites', async () => {
    const { browser, visit } = await signedIn();
    expect([visit.response.status, new URL(visit.hops.at(-1)?.url ?? '').pathname]).toEqual([200, '/account']);
    const cookie = browser.cookies.get('__Host-Http-session');
    expect(cookie).toMatchObject({ secure: true, httpOnly: true, sameSite: 'Lax' });
    const { hops } = await browser.post('/auth/logout');
    expect(hops[0]?.status).toBe(303);
    expect(browser.cookies.get('__Host-Http-session')).toBeUndefined();
  });

  it('hands on the address of the client, which the client cannot choose', async () => {
    const login = (claimed: string) =>
      overTheWire(
        new Request(`https://localhost:${ports.https}/auth/callback?state=forged&code=x`, {
          headers: { 'x-forwarded-for': claimed, 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' },
        }),
      );
    const statuses = new Set<number>();
    for (let sent = 0; sent < 40 && !statuses.has(429); sent += 1) statuses.add((await login(`10.0.0.${sent}`)).status);
    expect([...statuses]).toEqual([400, 429]);
  });

  it('shows HOST_MISMATCH without the line for the host', async () => {
    await nginx.stop();
    await nginx.start(withoutHost);
    const { response } = await browse().navigate('/auth/login');
    expect(await response.text()).toContain('HOST_MISMATCH');
  });
});
