import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inject } from 'vitest';
import { readSettings } from '../../lib/configuration';
import { sha256 } from '../../lib/crypto/random';
import { createSealer } from '../../lib/crypto/seal';
import { sealSession } from '../../lib/session/session-cookie';
import { createRecords } from '../../lib/store/records';
import { createRedis } from '../../lib/store/redis';
import type { Claims } from '../../lib/types/claims';
import type { Session } from '../../lib/types/session';
import { freePort, startSite } from '../../local/site.mjs';
import { serve } from '../processes/wires';
import { signedIn as newSession } from '../world/new-session';
import { createProvider, type Provider } from '../world/provider';
import { distOf, ensureBuild, site, type Variant } from './builds';
import { type Received, type Sent, send } from './wire';

export interface Stage {
  readonly variant: Variant;
  readonly port: number;
  readonly base: '' | '/base';
  /** What Next wants at the end of a path (`trailingSlash`). */
  readonly slash: '' | '/';
  readonly buildId: string;
  /** Ids of the server actions by the names under which they are exported. */
  readonly actions: Readonly<Record<string, string>>;
  /** What the site wrote to its log since the stage was opened. */
  readonly printed: readonly string[];
  ask(sent: Sent): Promise<Received>;
  /** The `Cookie` header of a session, with tokens that last so long. */
  signedIn(claims?: Claims, seconds?: number): Promise<string>;
  close(): Promise<void>;
}

type Site = Omit<Stage, 'printed' | 'close'> & {
  /** Who hears of a line that the site writes to its log. */
  readonly readers: Set<string[]>;
  readonly stop: () => Promise<void>;
};

/** The sites that all files of a worker ask: starting one, and all that it compiles for its first requests, takes long. */
const shared = new Map<Variant, Promise<Site>>();
// Vitest ends a worker by this signal. Only a process that exits takes the sites with it, see `local/site.mjs`.
process.once('SIGTERM', () => process.exit());

/**
 * The canary site of one shape, built when it has to be, running, with a provider and the Redis of the run. Without variables of
 * its own it may be one that another file has asked before; it ends with the worker.
 */
export async function openStage(variant: Variant, more?: Readonly<Record<string, string>>): Promise<Stage> {
  const starting = (!more && shared.get(variant)) || startStage(variant, more ?? {});
  if (!more) shared.set(variant, starting);
  const { readers, stop, ...site } = await starting;
  const printed: string[] = [];
  readers.add(printed);
  return {
    ...site,
    printed,
    async close() {
      readers.delete(printed);
      if (more) await stop();
    },
  };
}

async function startStage(variant: Variant, more: Readonly<Record<string, string>>): Promise<Site> {
  await ensureBuild(variant);
  const port = await freePort(0);
  const base = variant === 'based' ? '/base' : '';
  const origin = `http://localhost:${port}`;
  const at = { redirectUri: `${origin}${base}/auth/callback`, postLogoutUri: `${origin}${base}/signed-out` };
  let provider: Provider | undefined;
  const wires = await serve((request) => (provider as Provider).handle(request));
  provider = await createProvider({ issuer: wires.url, ...at });
  const { url: redisUrl, token: redisToken } = inject('redis');
  const env = {
    SSO_ISSUER: provider.issuer,
    SSO_CLIENT_ID: provider.clientId,
    SSO_CLIENT_SECRET: provider.clientSecret,
    SSO_REDIRECT_URI: at.redirectUri,
    SSO_POST_LOGOUT_URI: at.postLogoutUri,
    SESSION_SECRET: `bypass-session-secret-${crypto.randomUUID()}`,
    UPSTASH_REDIS_REST_URL: redisUrl,
    UPSTASH_REDIS_REST_TOKEN: redisToken,
    BACKEND_API_URL: 'https://backend.invalid',
    CANARY_VARIANT: variant,
    ...more,
  };
  const readers = new Set<string[]>();
  const log = (line: string) => {
    for (const lines of readers) lines.push(line);
  };
  const running = await startSite({ url: origin, mode: 'production', dir: site, env, log });
  return {
    variant,
    port,
    base,
    slash: variant === 'i18n' ? '/' : '',
    buildId: readFileSync(join(distOf(variant), 'BUILD_ID'), 'utf8'),
    actions: actionIds(variant),
    readers,
    ask: (sent) => send(port, sent),
    signedIn: (claims, seconds) => signedIn(env, claims, seconds),
    async stop() {
      await Promise.all([running.close(), wires.close()]);
    },
  };
}

/** A session as a sign-in would have left it: its record in Redis, and its cookie. */
export async function signedIn(
  env: Readonly<Record<string, string>>,
  claims: Claims = {},
  seconds = 3_600,
): Promise<string> {
  const settings = readSettings(env);
  const sealer = createSealer({ settings, now: Date.now });
  const records = createRecords({
    settings: settings.provider,
    redis: createRedis({ settings: settings.redis }),
    sealer,
    now: Date.now,
  });
  const now = Math.floor(Date.now() / 1000);
  const sid = crypto.randomUUID();
  const session: Session = {
    sub: 'person-1',
    claims,
    scope: 'openid',
    sid,
    id: await sha256(sid),
    browser: crypto.randomUUID(),
    generation: 1,
    createdAt: now,
    tokensIssuedAt: Math.min(now, now + seconds - 60),
    tokensExpireAt: now + seconds,
    renewable: true,
    idleEndsAt: now + settings.session.idleSeconds,
    absoluteEndsAt: now + settings.session.absoluteSeconds,
  };
  const tokens = { accessToken: 'at', refreshToken: 'rt', idToken: 'it', scope: 'openid' };
  const record = { sub: session.sub, claims, tokens: { ...tokens, issuedAt: now, expiresAt: session.tokensExpireAt } };
  await records.put(newSession(session, record));
  const { setCookie } = await sealSession(session, now, { settings, sealer });
  return setCookie.slice(0, setCookie.indexOf(';'));
}

function actionIds(variant: Variant): Record<string, string> {
  const manifest = join(distOf(variant), 'server/server-reference-manifest.json');
  const { node } = JSON.parse(readFileSync(manifest, 'utf8')) as { node: Record<string, { exportedName?: string }> };
  return Object.fromEntries(Object.entries(node).map(([id, { exportedName }]) => [exportedName ?? id, id]));
}
