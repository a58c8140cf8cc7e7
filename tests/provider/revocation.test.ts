import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { LogEvent } from '../../lib/events';
import type { Metadata } from '../../lib/protocol/discovery';
import { revokeAndLog, revokeTokens } from '../../lib/provider/revocation';
import { settingsWith } from '../world/settings';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout'] }));
afterEach(() => void vi.useRealTimers());

const metadata: Metadata = {
  issuer: 'https://op.example',
  authorization_endpoint: 'https://op.example/authorize',
  token_endpoint: 'https://op.example/token',
  revocation_endpoint: 'https://op.example/revoke',
  jwks_uri: 'https://op.example/jwks',
  id_token_signing_alg_values_supported: ['ES256'],
};

/** Revokes both tokens at a provider that gives these answers, one after the other, and the last one for ever. */
async function revoking(...answers: readonly (() => Response)[]) {
  const sent: (string | null)[] = [];
  const events: LogEvent[] = [];
  const fetch = async (_: string, { body }: { body?: unknown }) => {
    sent.push(new URLSearchParams(String(body)).get('token'));
    return (answers[sent.length - 1] ?? answers.at(-1))?.() ?? new Response();
  };
  const client = settingsWith({ SSO_CLIENT_SECRET: undefined }).provider;
  const provider = {
    revoke: (granted: Parameters<typeof revokeTokens>[0]) =>
      revokeTokens(granted, async () => metadata, { client, fetch, now: Date.now }),
  };
  const log = (event: LogEvent) => void events.push(event);
  const work = revokeAndLog({ refreshToken: 'rt', accessToken: 'at' }, 'signed_out', 'ref', { provider, log });
  await vi.advanceTimersByTimeAsync(600_000);
  await work;
  return { sent, events };
}
const ok = () => new Response();
const wait = (seconds: string) => () => new Response('', { status: 429, headers: { 'retry-after': seconds } });

it('a wait that is longer than a minute is cut short, once, and then the token is given up', async () => {
  const { sent, events } = await revoking(wait('3600'));
  expect(sent).toEqual(['rt', 'rt']);
  expect(events).toMatchObject([{ event: 'revocation_failed', reason: 'revocation answered 429' }]);
});

it('waits grow, so that a minute of them is a handful of calls', async () => {
  const { sent } = await revoking(wait('1'));
  expect(sent).toHaveLength(7); // after 1, 2, 4, 8, 16 and 29 seconds
});

it('what was revoked before the wait is not sent again after it', async () => {
  const { sent, events } = await revoking(ok, wait('1'), ok);
  expect(sent).toEqual(['rt', 'at', 'at']);
  expect(events).toMatchObject([{ event: 'tokens_revoked', outcome: 'revoked' }]);
});

it('a failure that names no wait is repeated once, at once', async () => {
  const { sent, events } = await revoking(() => new Response('', { status: 500 }));
  expect(sent).toEqual(['rt', 'rt']);
  expect(events).toMatchObject([{ event: 'revocation_failed', reason: 'revocation answered 500' }]);
});

it('a provider that revokes no access tokens has revoked the refresh token all the same', async () => {
  const refused = () => Response.json({ error: 'unsupported_token_type' }, { status: 400 });
  const { sent, events } = await revoking(ok, refused);
  expect(sent).toEqual(['rt', 'at']);
  expect(events).toMatchObject([{ event: 'tokens_revoked', outcome: 'revoked' }]);
});
