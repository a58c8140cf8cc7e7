import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { type Known, startDevelopment } from '../../lib/dev-stand/open.mjs';
import { openState } from '../../lib/dev-stand/state.mjs';
import { claimsOf, client } from './client';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function stand(appUrl: string) {
  const development = await startDevelopment({ appUrl, postLogout: '/bye' });
  closers.push(development.close);
  return development;
}

it('a site is known with its callback and the page after a sign-out, at every loopback port and nowhere else', async () => {
  const { env } = await stand('http://localhost:3000/shop');
  const asked = async (redirect_uri: string) => {
    const query = new URLSearchParams({
      client_id: env.SSO_CLIENT_ID ?? '',
      response_type: 'code',
      scope: 'openid',
      prompt: 'none',
      code_challenge: 'x'.repeat(43),
      code_challenge_method: 'S256',
      redirect_uri,
    });
    return (await fetch(`${env.SSO_ISSUER}/authorize?${query}`, { redirect: 'manual' })).status;
  };
  expect(await asked('http://localhost:3000/shop/auth/callback')).toBe(303);
  expect(await asked('http://localhost:3001/shop/auth/callback')).toBe(303);
  for (const elsewhere of [
    'http://localhost:3000/auth/callback',
    'http://127.0.0.1:3000/shop/auth/callback',
    'https://localhost:3000/shop/auth/callback',
    'http://localhost.example/shop/auth/callback',
  ])
    expect([elsewhere, await asked(elsewhere)]).toEqual([elsewhere, 400]);
  const ended = (uri: string) =>
    fetch(
      `${env.SSO_ISSUER}/connect/logout?${new URLSearchParams({ client_id: env.SSO_CLIENT_ID ?? '', post_logout_redirect_uri: uri })}`,
    );
  for (const path of ['', '/bye']) expect((await ended(`http://localhost:3001/shop${path}`)).status).toBe(200);
  expect((await ended('http://localhost:3000/other')).status).toBe(400);
});

it.each(['rebound.example', 'rebound.example:18763', '127.0.0.1.rebound.example', 'localhost.rebound.example'])(
  'a page whose name leads to this machine is told nothing: Host: %s',
  async (host) => {
    const { env } = await stand('http://localhost:3000');
    const asked = (name: string) =>
      new Promise((resolve, reject) => {
        const sent = get(`${env.SSO_ISSUER}/gatehouse-dev.json`, { headers: { host: name } }, ({ statusCode }) =>
          resolve(statusCode),
        );
        sent.on('error', reject);
      });
    expect(await asked(host)).toBe(421);
    for (const own of ['localhost', '127.0.0.1:1', '[::1]:1']) expect([own, await asked(own)]).toEqual([own, 200]);
  },
);

it('secrets that were made here are kept for the next start, and one of the site itself is not copied', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-test-'));
  closers.push(() => rmSync(folder, { recursive: true }));
  const start = async (known: Known) => {
    const state = openState(folder, { log: () => {} });
    const { env, close } = await startDevelopment({ appUrl: 'http://localhost:3000', state, known });
    await close();
    return { env, file: readFileSync(join(folder, 'state.json'), 'utf8') };
  };
  const sessionSecret = 'of-the-site-itself-0123456789-abcdef';
  const first = await start({ sessionSecret });
  expect(first.env.SESSION_SECRET).toBe(sessionSecret);
  expect(first.file).not.toContain(sessionSecret);
  const clientSecret = first.env.SSO_CLIENT_SECRET ?? '';
  const second = await start({ sessionSecret, clientSecret });
  expect(second.file).toContain(clientSecret);
  expect((await start({ sessionSecret })).env.SSO_CLIENT_SECRET).toBe(clientSecret);
});

it('a sign-out at the provider reaches the back-channel address of the site', async () => {
  const received: string[] = [];
  const site = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    received.push(`${request.method} ${request.url} ${new URLSearchParams(body).get('logout_token')}`);
    response.end();
  }).listen(0, 'localhost');
  closers.push(() => site.close());
  await once(site, 'listening');
  const appUrl = `http://localhost:${(site.address() as AddressInfo).port}/shop`;
  const { env } = await stand(appUrl);
  const { browser, signIn } = client(env);
  const { id_token } = await signIn('budi');
  const page = await browser.navigate(`${env.SSO_ISSUER}/connect/logout?id_token_hint=${id_token}`);
  const xsrf = /name="xsrf" value="([^"]+)"/.exec(await page.response.text())?.[1] ?? '';
  await browser.post(`${env.SSO_ISSUER}/connect/logout/confirm`, {
    form: { xsrf, logout: 'yes' },
    origin: env.SSO_ISSUER ?? '',
  });
  expect(received).toEqual([expect.stringMatching(/^POST \/shop\/auth\/backchannel-logout /)]);
  expect(claimsOf(received[0]?.split(' ')[2] ?? '')).toMatchObject({ sub: 'budi', sid: claimsOf(id_token).sid });
});
