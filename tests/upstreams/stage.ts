import { readFileSync } from 'node:fs';
import { inject } from 'vitest';
import { freePort, startSite } from '../../local/site.mjs';
import { dirOf, ensureStoryBuild } from '../../local/story-site.mjs';
import { signedIn } from '../bypass/stage';
import { type Liar, startLiar } from './api';

/** How the site of the stories is built: its gate on Edge, or on Node. */
export const CONVENTIONS = ['middleware', 'proxy'] as const;
export type Convention = (typeof CONVENTIONS)[number];

export interface Stage {
  readonly port: number;
  readonly api: Liar;
  /** The `Cookie` header of a session whose tokens last. */
  readonly cookie: string;
  /** What the site wrote to its log. */
  readonly printed: readonly string[];
  /** Memory of the site's process, in MB. */
  memory(): number;
  close(): Promise<void>;
}

/** The built site of the stories, running, with an API that lies in a process of its own. */
export async function openStage(convention: Convention, dir = dirOf(convention)): Promise<Stage> {
  await ensureStoryBuild(convention, () => {});
  const api = await startLiar();
  const port = await freePort(0);
  const origin = `http://localhost:${port}`;
  const { url: redisUrl, token: redisToken } = inject('redis');
  const env = {
    SSO_ISSUER: 'http://127.0.0.1:9', // no sign-in here
    SSO_CLIENT_ID: 'gate',
    SSO_CLIENT_SECRET: 'a-client-secret',
    SSO_REDIRECT_URI: `${origin}/auth/callback`,
    SSO_POST_LOGOUT_URI: `${origin}/signed-out`,
    SESSION_SECRET: `upstreams-session-secret-${crypto.randomUUID()}`,
    UPSTASH_REDIS_REST_URL: redisUrl,
    UPSTASH_REDIS_REST_TOKEN: redisToken,
    BACKEND_API_URL: `http://127.0.0.1:${api.port}/v1`,
    TRUSTED_PROXY_HOPS: '1',
  };
  const printed: string[] = [];
  const log = (line: string) => void printed.push(line);
  const running = await startSite({ url: origin, mode: 'production', dir, env, log });
  return {
    port,
    api,
    cookie: await signedIn(env),
    printed,
    memory: () => Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${running.pid}/status`, 'utf8'))?.[1] ?? 0) / 1024,
    async close() {
      api.close();
      await running.close();
    },
  };
}
