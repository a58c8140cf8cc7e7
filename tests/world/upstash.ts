import { Redis } from '@upstash/redis';
import { inject } from 'vitest';
import { connect } from '../../lib/dev-redis/real.mjs';
import { createUpstash } from '../../lib/dev-redis/upstash.mjs';
import { knowScript } from '../setup/known-script';
import { post } from './socket';
import { counted } from './time';

type Upstash = ReturnType<typeof createUpstash>;
let upstash: Promise<Upstash> | undefined;

/**
 * Sends a body to the Redis of this run in Upstash's protocol. This worker speaks it itself: with HTTP and a second process in
 * between it takes more time than all that the gate does for a request. An embedded engine is in that process alone.
 */
export async function askRedis(path: string, body: string, sent: Readonly<Record<string, string>>): Promise<Response> {
  const { url, token, server } = inject('redis');
  if (!server) return post(new URL(path, url).href, body, sent);
  upstash ??= open(server, token);
  const asked = { method: 'POST', target: path, headers: sent, text: async () => body };
  const answer = await counted(upstash.then((answerTo) => answerTo(asked)));
  return new Response(answer.body, { status: answer.status, headers: answer.headers });
}

async function open(server: string, token: string): Promise<Upstash> {
  const answerTo = createUpstash({ backend: await connect(server), token });
  const headers = { authorization: `Bearer ${token}` };
  const request = async ({ body }: { body?: unknown }) =>
    JSON.parse((await answerTo({ method: 'POST', headers, text: async () => JSON.stringify(body) })).body);
  await knowScript(new Redis({ request }));
  return answerTo;
}
