import type { Sealer } from '../crypto/seal.ts';
import type { Device, ListedSession } from '../types/ended.ts';
import type { NewSession } from './records.ts';

type Deps = { readonly sealer: Pick<Sealer, 'seal' | 'open'>; readonly now: () => number };

/** What the index keeps of a session, as `index-lua.ts` describes it. What it signed in with is sealed. */
export async function detailOf({ session, signedInAt, device }: NewSession, { sealer, now }: Deps): Promise<string> {
  const { id, createdAt, providerSession = '' } = session;
  // It leaves Redis with its session, whose end the provider may move.
  const sealed = await sealer.seal('device', { id, createdAt, ...device }, Number.MAX_SAFE_INTEGER);
  return [Math.floor(now() / 1000), Math.floor(signedInAt), providerSession, sealed].join(':');
}

/** What it says of a session; null when it was not sealed for it. */
export async function readDetail(
  id: string,
  detail: string,
  { sealer }: Pick<Deps, 'sealer'>,
): Promise<ListedSession | null> {
  const [seen, , , sealed = ''] = detail.split(':');
  const payload = await sealer.open('device', sealed);
  if (payload?.id !== id || typeof payload.createdAt !== 'number') return null;
  const { createdAt, browser, platform } = payload as unknown as Device & { readonly createdAt: number };
  return { id, createdAt, lastSeenAt: Number(seen), device: { browser, platform } };
}
