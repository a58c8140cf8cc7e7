import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { readSettings } from '../../lib/configuration';
import { createSealer } from '../../lib/crypto/seal';
import { openSession, sealSession } from '../../lib/session/session-cookie';
import type { Session } from '../../lib/types/session';
import { root } from '../../local/setup.mjs';
import { ensureBuild, freePort } from '../../local/site.mjs';
import { startStand } from '../../local/stand.mjs';
import { overTheWire } from '../processes/wires';
import { createBrowser } from '../world/browser';
import type { People, Visitor } from './visits';

const PIXEL = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);
const IDLE_SECONDS = 604_800;

export type Site = Awaited<ReturnType<typeof openSite>>;

/** The built sample site with its provider and Redis, for people who reach it at another port: the cache's. */
export async function openSite() {
  const port = await freePort(0);
  const origin = `http://localhost:${port}`;
  const dir = await copyOfSite();
  const removeCopy = () => rmSync(dir, { recursive: true, force: true });
  const stand = await startStand({ origin, dir }).catch((error) => {
    removeCopy();
    throw error;
  });
  const settings = readSettings(stand.env);
  const deps = { settings, sealer: createSealer({ settings, now: Date.now }) };
  const seconds = () => Math.floor(Date.now() / 1000);
  const cookieOf = async (session: Session) => (await sealSession(session, seconds(), deps)).setCookie.split(';')[0];

  return {
    port,
    upstream: stand.siteUrl,
    redis: stand.redis,
    /** One of the build's own files. */
    chunk: `/_next/static/chunks/${readdirSync(join(dir, '.next/static/chunks')).find((name) => name.endsWith('.js'))}`,
    async close() {
      await stand.close();
      removeCopy();
    },

    /** Signs a person in at the provider, through whatever listens at `origin`. */
    async signIn(who: Exclude<Visitor, 'anonymous'>): Promise<Session> {
      const browser = createBrowser({ origin, send: overTheWire });
      const asked = await browser.navigate('/account');
      const signInPage = asked.hops.at(-1)?.url ?? '';
      const { response } = await browser.post(signInPage, { form: { account: who }, origin: stand.issuer });
      if (response.status !== 200) throw new Error(`${who} could not sign in: ${response.status} ${response.url}`);
      const { session } = await openSession(
        `gatehouse_session=${browser.cookies.get('gatehouse_session')?.value}`,
        deps,
      );
      if (session?.sub !== who) throw new Error(`${who} has no session`);
      return session;
    },

    cookieOf,
    /** The session after half of the idle time: each answer prolongs it, that is, brings a cookie. */
    dueCookie: (session: Session) => cookieOf({ ...session, idleEndsAt: seconds() + IDLE_SECONDS / 2 }),
    /** The session with tokens that are over: no answer without Redis. */
    expiredCookie: (session: Session) =>
      cookieOf({ ...session, tokensIssuedAt: seconds() - 960, tokensExpireAt: seconds() - 60 }),

    ownerOf: (async (setCookie) =>
      (await openSession(setCookie.split(';')[0] ?? null, deps)).session?.sub ?? null) satisfies People['ownerOf'],
  };
}

/** The build in a folder of its own, with two pictures more: one that needs a session, one that is public. */
async function copyOfSite(): Promise<string> {
  await ensureBuild(() => {});
  const artifacts = join(root, '.artifacts');
  mkdirSync(artifacts, { recursive: true });
  const dir = mkdtempSync(join(artifacts, 'caching-'));
  const leftOut = ['cache', 'dev'].map((name) => join(root, '.next', name));
  const wanted = (path: string) => !leftOut.some((folder) => path === folder || path.startsWith(folder + sep));
  for (const name of ['.next', 'public', 'next.config.mjs', 'package.json'])
    cpSync(join(root, name), join(dir, name), { recursive: true, filter: wanted });
  mkdirSync(join(dir, 'public/.well-known'), { recursive: true });
  for (const picture of ['photo.png', '.well-known/photo.png']) writeFileSync(join(dir, 'public', picture), PIXEL);
  return dir;
}
