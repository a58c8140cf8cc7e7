import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureNginx, root } from '../../local/setup.mjs';
import { ensureBuild, freePort } from '../../local/site.mjs';
import { type Stand, startStand } from '../../local/stand.mjs';
import { overTheWire } from '../processes/wires';
import { needs } from '../setup/skipped';
import { createBrowser } from '../world/browser';

const nginx = ensureNginx();
const hasOpenssl = spawnSync('openssl', ['version']).status === 0;
const tools = nginx && hasOpenssl;
const proof = needs(tools, 'the documented nginx is left out, because there is no nginx or no openssl on this machine');

const [documented = ''] = /(?<=^```nginx\n)# \/etc\/nginx[\s\S]*?(?=^```)/m.exec(
  readFileSync(join(root, 'docs/proxies.md'), 'utf8'),
) as readonly string[] | [];

let folder: string;
let stand: Stand;
let ports: { readonly http: number; readonly https: number };
let servers: string;
let stop = async () => {};

/** The documented file with addresses of this machine; no other line is touched. */
function adapted(text: string, upstream: string): string {
  const places: readonly [string, string][] = [
    ['listen 80;', `listen 127.0.0.1:${ports.http};`],
    ['listen 443 ssl;', `listen 127.0.0.1:${ports.https} ssl;`],
    ['/etc/ssl/your.site.pem', join(folder, 'site.pem')],
    ['/etc/ssl/your.site.key', join(folder, 'site.key')],
    ['127.0.0.1:3000', upstream],
  ];
  for (const [from] of places) expect(text).toContain(from);
  return places.reduce((all, [from, to]) => all.replaceAll(from, to), text).replaceAll('your.site', 'localhost');
}

/** The same as nginx is by default. */
const withoutHost = (text: string) => text.replace(/^ *proxy_set_header Host .*\n/m, '');

async function startNginx(servers: string) {
  const places = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${name};`);
  const user = process.getuid?.() === 0 ? 'user root;' : '';
  const http = `http { access_log off; ${places.join(' ')}\n${servers} }`;
  writeFileSync(join(folder, 'nginx.conf'), `${user} daemon off; pid nginx.pid;\nevents {}\n${http}`);
  const child = spawn(nginx || '', ['-p', folder, '-c', 'nginx.conf', '-e', 'stderr'], { stdio: 'inherit' });
  const exited = once(child, 'exit');
  while (!(await overTheWire(new Request(`https://localhost:${ports.https}/`)).catch(() => null))) await delay(50);
  stop = async () => {
    child.kill('SIGTERM');
    await exited;
  };
}

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
    folder = mkdtempSync(join(tmpdir(), 'gatehouse-tls-'));
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', 'site.key'];
    const made = spawnSync('openssl', ['req', '-x509', ...key, '-out', 'site.pem', '-subj', '/CN=localhost'], {
      cwd: folder,
    });
    expect(made.status).toBe(0);
    ports = { http: await freePort(0), https: await freePort(0) };
    stand = await startStand({ origin: `https://localhost:${ports.https}`, env: { TRUSTED_PROXY_HOPS: '1' } });
    servers = adapted(documented, new URL(stand.siteUrl).host);
    await startNginx(servers);
  }, 240_000);
  afterAll(async () => {
    await stop();
    await stand?.close();
    rmSync(folder, { recursive: true, force: true });
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
    await stop();
    await startNginx(withoutHost(servers));
    const { response } = await browse().navigate('/auth/login');
    expect(await response.text()).toContain('HOST_MISMATCH');
  });
});
