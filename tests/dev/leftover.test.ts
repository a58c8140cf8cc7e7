import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { connect, startRedisServer } from '../../lib/dev-redis/real.mjs';

async function serverIn(folder: string, isReset: boolean) {
  const server = await startRedisServer({ folder, isReset });
  if (!server) throw new Error('there is no redis-server');
  onTestFinished(() => server.stop());
  const { send, close } = await connect(server.url);
  onTestFinished(close);
  return send;
}

it('forgets with --reset what a redis-server that was left behind saves while the state is removed', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-leftover-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const left = await serverIn(folder, false);
  await left(['SET', 'kept', 'yes']);
  await left(['SAVE']);
  const next = await serverIn(folder, true);
  expect(await next(['GET', 'kept'])).toBeNull();
});
