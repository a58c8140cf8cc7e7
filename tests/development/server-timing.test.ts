import { afterEach, expect, it } from 'vitest';
import { withServerTiming } from '../../lib/development/server-timing';
import { observeSpans } from '../../lib/spans';
import { AsyncLocalStorage } from '../world/async-storage';
import { createWorld } from '../world/world';

const realm = globalThis as { AsyncLocalStorage?: unknown };
const before = realm.AsyncLocalStorage;
afterEach(() => {
  realm.AsyncLocalStorage = before;
  observeSpans(undefined);
});

const names = (response: Response) =>
  (response.headers.get('server-timing') ?? '').split(', ').map((entry) => entry.replace(/dur=\d+\.\d/, 'dur=…'));

it('an answer in development has the time of the decision, and of the calls that it took', async () => {
  realm.AsyncLocalStorage = AsyncLocalStorage;
  const world = await createWorld();
  const send = withServerTiming((request: Request) => world.isolate.send(request));
  const document = { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document', host: new URL(world.site).host };
  const ask = (path: string) => send(new Request(world.site + path, { headers: document }));
  const [cold, warm] = [await ask('/dashboard'), await ask('/dashboard')];
  // The copy of the provider's documents, whose turn it is to fetch them, and the copy of what was fetched.
  expect(names(cold).sort()).toEqual([
    'gatehouse.decide;dur=…',
    'gatehouse.provider;dur=…',
    'gatehouse.redis;dur=…;desc="3 calls"',
  ]);
  expect(names(warm)).toEqual(['gatehouse.decide;dur=…']);
});

it('answers of concurrent requests have the times of their own calls', async () => {
  realm.AsyncLocalStorage = AsyncLocalStorage;
  const world = await createWorld();
  const browser = await world.signedIn();
  const cookie = browser.cookies
    .all()
    .map(({ name, value }) => `${name}=${value}`)
    .join('; ');
  const send = withServerTiming((request: Request) => world.isolate.send(request));
  const asked = ['/vault', '/dashboard'].map((path) => send(new Request(world.site + path, { headers: { cookie } })));
  const [checked, plain] = await Promise.all(asked);
  expect(checked && names(checked).some((entry) => entry.startsWith('gatehouse.redis'))).toBe(true);
  expect(plain && names(plain)).toEqual(['gatehouse.decide;dur=…']);
});

it('a runtime without asynchronous storage gives answers as they are', async () => {
  realm.AsyncLocalStorage = undefined;
  const answer = async () => new Response('as it is');
  expect(withServerTiming(answer)).toBe(answer);
});
