import { afterEach, describe, expect, it } from 'vitest';
import { createDeps } from '../../lib/context';
import { checkLive, type LiveFacts } from '../../lib/doctor/live';
import type { Network } from '../../lib/doctor/network';
import { createGate } from '../../lib/gate';
import { letThrough } from '../../lib/next/let-through';
import { serve } from '../processes/wires';
import { network, passes, type ServedProvider, serveProvider, settingsOf, siteEnv, troubles } from './site-env';

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()));
});

type Change = (path: string, response: Response) => Response | Promise<Response>;

interface Options {
  /** What a proxy in front makes of an answer. */
  readonly change?: Change;
  /** The host that the gate sees. */
  readonly host?: string;
  readonly rules?: readonly { readonly path: '/*'; readonly allow: 'public' }[];
  readonly provider?: Parameters<typeof serveProvider>[0];
  /** What the deployed site has of other variables than the environment that is checked. */
  readonly env?: Readonly<Record<string, string>>;
}

/** A site with the gate in front, over HTTP, and what is known of it; behind the gate is one page. */
async function liveSite({ change = (_, response) => response, host, rules = [], ...more }: Options = {}) {
  let gate: ReturnType<typeof createGate> | undefined;
  const wires = await serve(async (request) => {
    const { pathname } = new URL(request.url);
    const headers = new Headers(request.headers);
    if (host) headers.set('host', host);
    const body = request.method === 'POST' ? await request.text() : null;
    const url = host ? request.url.replace(/127\.0\.0\.1:\d+/, host) : request.url;
    const seen = new Request(url, { method: request.method, headers, body });
    const answer = await (gate as ReturnType<typeof createGate>)(seen, {
      waitUntil: (work) => void work.catch(() => {}),
    });
    const response =
      answer instanceof Response
        ? answer
        : new Response('a page', { headers: letThrough(seen.headers, answer).headers });
    return change(pathname, response);
  });
  const uris = { redirectUri: `${wires.url}/auth/callback`, postLogoutUri: `${wires.url}/` };
  const provider: ServedProvider = await serveProvider({ ...uris, ...more.provider });
  open.push(provider, wires);
  const env = siteEnv({ ...provider.env, APP_URL: wires.url });
  gate = createGate({ load: () => createDeps({ ...env, ...more.env }, rules), log: () => {} });
  const facts: LiveFacts = {
    url: wires.url,
    closedPath: '/no-such-page',
    settings: settingsOf(env),
    authorizationEndpoint: new URL(`${provider.env.SSO_ISSUER}/authorize`).href,
  };
  return facts;
}

/** Counts what is asked. */
function counted() {
  const asked: string[] = [];
  const send: Network['send'] = (url, init) => {
    asked.push(url);
    return network.send(url, init);
  };
  return { asked, send };
}

const look = async (options?: Options) => checkLive(await liveSite(options), network);

const withHeader =
  (name: string, value: (before: string | null) => string | null): Change =>
  (_, response) => {
    const headers = new Headers(response.headers);
    const next = value(headers.get(name));
    if (next === null) headers.delete(name);
    else headers.set(name, next);
    return new Response(response.body, { status: response.status, headers });
  };

describe('a live site', () => {
  it('is well, and is asked at most ten times', async () => {
    const { asked, send } = counted();
    const facts = await liveSite();
    const findings = await checkLive(facts, { send });
    expect(troubles(findings)).toEqual([]);
    expect(passes(findings)).toEqual([
      'live-protected',
      'live-data',
      'live-session',
      'live-backchannel',
      'live-sign-in',
      'live-flow-cookie-right',
    ]);
    expect(asked.length).toBeLessThanOrEqual(10);
  });

  it('is well where requests are pushed', async () => {
    expect(troubles(await look({ provider: { par: 'required' } }))).toEqual([]);
  });

  it('does not answer', async () => {
    const facts = await liveSite();
    await open.pop()?.close();
    expect(troubles(await checkLive(facts, network))).toEqual(['fault live-unreachable']);
  });

  it('is open', async () => {
    const findings = await look({ rules: [{ path: '/*', allow: 'public' }] });
    expect(troubles(findings)).toContain('fault live-open');
  });

  it('runs with faulty variables', async () => {
    expect(troubles(await look({ env: { SESSION_SECRET: 'short' } }))).toContain('fault live-misconfigured');
  });

  it('runs with another client', async () => {
    const findings = await look({ env: { SSO_CLIENT_ID: 'another-client' } });
    expect(troubles(findings)).toEqual(['fault live-client']);
    expect(findings.find(({ id }) => id === 'live-client')?.what).toContain('client_id=another-client');
  });

  it('is asked at another origin, which leads to the right one', async () => {
    const facts = await liveSite();
    const findings = await checkLive({ ...facts, url: facts.url.replace('127.0.0.1', 'localhost') }, network);
    expect(troubles(findings)).toEqual(['warning live-other-origin']);
  });

  it('is asked at another origin, and nothing listens at the right one', async () => {
    const facts = await liveSite();
    const send: Network['send'] = (url, init) =>
      url.startsWith(facts.url) ? Promise.reject(new TypeError('fetch failed')) : network.send(url, init);
    const findings = await checkLive({ ...facts, url: facts.url.replace('127.0.0.1', 'localhost') }, { send });
    expect(troubles(findings)).toEqual(['warning live-other-origin', 'fault live-unreachable']);
    expect(findings.find(({ id }) => id === 'live-unreachable')?.what).toContain(
      `${facts.url}, where a sign-in begins`,
    );
  });

  it('sees another host behind its proxy', async () => {
    const findings = await look({ host: 'app.internal:8080' });
    expect(troubles(findings)).toEqual(['fault live-host']);
    expect(findings.find(({ id }) => id === 'live-host')?.what).toContain('app.internal:8080');
  });

  it.each<[string, Change, string]>([
    ['may be cached', withHeader('cache-control', () => 'public, max-age=60'), 'fault live-cached'],
    ['has large headers', withHeader('x-large', () => 'x'.repeat(1_200)), 'warning live-headers-large'],
    [
      'redirects elsewhere',
      (path, response) =>
        path === '/no-such-page' && response.status === 303
          ? new Response(null, { status: 307, headers: { location: 'https://www.elsewhere.example/' } })
          : response,
      'fault live-redirect',
    ],
    ['loses the cookie of the sign-in', withHeader('set-cookie', () => null), 'fault live-flow-cookie'],
    [
      'weakens the cookie of the sign-in',
      withHeader('set-cookie', (before) => before?.replace('; HttpOnly', '') ?? null),
      'fault live-flow-cookie',
    ],
    [
      'replaces refusals by a page',
      (path, response) =>
        path === '/no-such-page' && response.status === 401 ? new Response('<h1>Oops</h1>', { status: 401 }) : response,
      'fault live-data-wrong',
    ],
    [
      'has another page in the place of the session',
      (path, response) => (path === '/auth/session' ? new Response('<h1>Not found</h1>', { status: 404 }) : response),
      'fault live-session-wrong',
    ],
    [
      'hides the back-channel logout behind a bot check',
      (path, response) =>
        path === '/auth/backchannel-logout' ? new Response('Are you human?', { status: 403 }) : response,
      'warning live-backchannel-wrong',
    ],
  ])('%s', async (_, change, expected) => {
    expect(troubles(await look({ change }))).toContain(expected);
  });

  it('answers by http', async () => {
    const facts = await liveSite();
    const https = { ...facts, url: 'https://site.example' };
    const ofSite =
      (location: string | null): Network['send'] =>
      async (url, init) => {
        if (!url.startsWith('http:')) return network.send(url.replace('https://site.example', facts.url), init);
        const headers = new Headers(location ? { location } : {});
        return { status: location ? 301 : 200, headers, text: '', headerBytes: 100 };
      };
    expect(troubles(await checkLive(https, { send: ofSite(null) }))).toContain('warning live-http');
    const well = await checkLive(https, { send: ofSite('https://site.example/') });
    expect(troubles(well)).not.toContain('warning live-http');
    expect(passes(well)).toContain('live-https-only');
  });
});
