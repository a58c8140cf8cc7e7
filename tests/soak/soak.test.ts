import { expect, it } from 'vitest';
import { REDIS_FAULTS, type RedisFault, replyLostOnce, staleReplica } from '../world/redis';
import { createWorld, type World } from '../world/world';

const MINUTES = Number(globalThis.process?.env.SOAK_MINUTES ?? '1');
const PEOPLE = 12;
const ISOLATES = 4;
/** Two renewals of a session lie ten seconds apart, whatever is named here. */
const TOKEN_SECONDS = 12;
const NAME = '__Host-Http-session';

const pick = <T>(choices: readonly T[]): T => choices[Math.floor(Math.random() * choices.length)] as T;
const later = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Faults come one at a time, for a second or less, with quiet between them. */
const redisFaults: readonly (() => RedisFault)[] = [
  ...Object.values(REDIS_FAULTS).map((fault) => () => fault as RedisFault),
  replyLostOnce,
  () => staleReplica,
];
const providerFaults: readonly ((world: World) => void)[] = [
  ({ provider }) => Object.assign(provider.lies.refuse, { token: true }),
  ({ provider }) => Object.assign(provider.lies.cut, { token: true }),
  ({ provider }) => Object.assign(provider.lies.delay, { token: 2_000 }),
  ({ provider }) =>
    Object.assign(provider.lies.instead, {
      token: () => new Response('{}', { status: 503, headers: { 'retry-after': '1' } }),
    }),
  ({ provider }) =>
    Object.assign(provider.lies.instead, {
      token: () => new Response('{}', { status: 429, headers: { 'retry-after': '2' } }),
    }),
  ({ provider }) => Object.assign(provider.lies.instead, { token: () => new Response('{}', { status: 500 }) }),
];

/**
 * `npm run soak`: people in several isolates, tokens that end every few seconds, Redis and provider failing at random.
 * What must hold is checked; what is only interesting stands in the report.
 */
it(`holds for ${MINUTES} minutes`, { timeout: (MINUTES + 2) * 60_000 }, async () => {
  const world = await createWorld({ provider: { tokenSeconds: TOKEN_SECONDS }, env: { SESSION_CHECK_SECONDS: '2' } });
  const isolates = [
    world.isolate,
    ...(await Promise.all(Array.from({ length: ISOLATES - 1 }, () => world.anotherIsolate()))),
  ];
  const until = Date.now() + MINUTES * 60_000;
  const statuses = new Map<number, number>();
  const lost = new Map<string, number>();
  let requests = 0;

  const person = async () => {
    const browser = await world.signedIn();
    while (Date.now() < until) {
      const cookie = browser.cookies.get(NAME)?.value ?? '';
      const tabs = Array.from({ length: pick([1, 2, 5]) }, () => {
        const tab = world.browser(pick(isolates));
        tab.cookies.set(NAME, cookie);
        return tab;
      });
      const answers = await Promise.all(tabs.map((tab) => tab.fetch('/api/me')));
      requests += answers.length;
      for (const { status } of answers) statuses.set(status, (statuses.get(status) ?? 0) + 1);
      const [newest] = tabs
        .map((tab) => tab.cookies.get(NAME)?.value)
        .filter((value) => value !== undefined && value !== cookie);
      if (newest) browser.cookies.set(NAME, newest);
      if (answers.some(({ status }) => status === 401)) {
        lost.set('signed in again', (lost.get('signed in again') ?? 0) + 1);
        await browser.navigate('/auth/login?returnTo=/dashboard');
      }
      await later(pick([20, 100, 500]));
    }
  };
  const trouble = async () => {
    while (Date.now() < until) {
      await later(pick([500, 1_500, 3_000]));
      if (pick([true, false])) world.redis.fault = pick(redisFaults)();
      else pick(providerFaults)(world);
      await later(pick([100, 400, 1_000]));
      world.redis.fault = null;
      world.provider.beHonest();
    }
  };
  await Promise.all([...Array.from({ length: PEOPLE }, person), trouble()]);
  for (const isolate of isolates) await isolate.settled();

  const perToken = new Map<string, number>();
  for (const { token } of world.provider.refreshPresentations())
    perToken.set(token?.id ?? '?', (perToken.get(token?.id ?? '?') ?? 0) + 1);
  const outcomes = new Map<string, number>();
  for (const { outcome, reason } of world.events('renewal')) {
    const name = `${outcome}${reason ? `: ${reason}` : ''}`;
    outcomes.set(name, (outcomes.get(name) ?? 0) + 1);
  }
  console.log(
    [
      '',
      `requests        ${requests}   ${[...statuses]
        .sort()
        .map(([status, count]) => `${status} × ${count}`)
        .join(', ')}`,
      `presentations   ${[...perToken.values()].reduce((sum, count) => sum + count, 0)}, at most ${Math.max(...perToken.values())} of one token`,
      `reuse events    ${world.provider.reuseEvents.length}`,
      `sessions lost   ${[...lost.values()].reduce((sum, count) => sum + count, 0)} (the person passed through the provider again)`,
      'renewals',
      ...[...outcomes].sort().map(([outcome, count]) => `  ${String(count).padStart(6)}  ${outcome}`),
      '',
    ].join('\n'),
  );
  expect(world.provider.reuseEvents).toEqual([]);
  // Which of these a request gets depends on the faults that are drawn; no other status may occur.
  expect([...statuses.keys()].filter((status) => ![200, 401, 503].includes(status))).toEqual([]);
});
