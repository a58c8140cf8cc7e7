import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Variant } from './builds';
import { adminCanaries, anonymousFault, canaries } from './canaries';
import { asServed, everyCanary, faults, isThinned, openStages, plainly, requestsOf } from './crowd';
import { pathShapes } from './shapes-path';
import { calls, requestShapes } from './shapes-request';
import type { Stage } from './stage';

let stages: readonly Stage[] = [];
let close: () => Promise<unknown> = async () => {};
beforeAll(async () => {
  ({ stages, close } = await openStages(['turbopack', 'based', 'i18n']));
}, 600_000);
afterAll(() => close());

const everywhere = async <T>(work: (stage: Stage) => Promise<T[]>): Promise<T[]> =>
  (await Promise.all(stages.map(work))).flat();

describe('with a session', () => {
  it.each(everyCanary)('$path is shown, so that its absence means something', async ({ path, holds }) => {
    for (const stage of stages) {
      const answer = await plainly(stage, path, await stage.signedIn({ roles: ['admin'] }));
      expect([stage.variant, answer.status]).toEqual([stage.variant, 200]);
      expect(answer.whole).toContain(holds);
      // Whatever they say about caching themselves: `/legacy` and both handlers would be kept by any cache.
      expect(answer.headers['cache-control']).toBe('private, no-store');
      expect(answer.headers.vary).toMatch(/\bcookie\b/i);
    }
  });

  it.each(['tell', 'tellWith', 'tellAdmin'])('the server action %s runs', async (name) => {
    for (const stage of stages) {
      const cookie = await stage.signedIn({ roles: ['admin'] });
      const page = name === 'tell' ? '/action' : name === 'tellWith' ? '/kinds' : '/admin/act';
      const [call] = calls(stage.base + page + stage.slash, stage.actions[name] ?? '', stage.port);
      if (!call) throw new Error('no call');
      const answer = await stage.ask({ ...call, headers: [...(call.headers ?? []), ['Cookie', cookie]] });
      expect(answer.whole).toMatch(/CANARY-(admin-)?action-result/);
      expect(stage.printed.some((line) => /CANARY-(admin-)?action-ran/.test(line))).toBe(true);
    }
  });
});

describe('without a session, nothing protected is shown for', () => {
  it.each(pathShapes)('$shape', async (shape) => {
    const found = await everywhere((stage) =>
      faults(stage, requestsOf(shape, aims(stage, pathShapes.indexOf(shape)), stage), (answer) =>
        anonymousFault(answer),
      ),
    );
    expect(found).toEqual([]);
  });

  it.each(requestShapes)('$shape', async (shape) => {
    const found = await everywhere((stage) =>
      faults(stage, requestsOf(shape, aims(stage, requestShapes.indexOf(shape)), stage), (answer) =>
        anonymousFault(answer, shape.before),
      ),
    );
    expect(found).toEqual([]);
  });

  it('its plain path, which comes to the gate on every site', async () => {
    for (const stage of stages)
      for (const { path } of canaries) {
        const { status, whole } = await stage.ask({ target: stage.base + asServed(stage, path) });
        expect([stage.variant, path, status, whole.includes('"loginUrl"')]).toEqual([stage.variant, path, 401, true]);
      }
  });

  it('a file of the build that does not exist: no dynamic route answers in its place', async () => {
    const ran = (stage: Stage) => stage.printed.filter((line) => line.includes('CANARY-seven-deep-ran')).length;
    for (const stage of stages) {
      const before = ran(stage);
      const missing = ['GET', 'HEAD', 'POST', 'DELETE'].flatMap((method) =>
        ['static/a/b/c/d/e', 'static/chunks/b/c/d/e.js', 'other/a/b/c/d/e'].map((path) => ({
          method,
          target: `${stage.base}/_next/${path}${path.endsWith('.js') ? '' : stage.slash}`,
        })),
      );
      for (const sent of missing) {
        const { status, whole } = await stage.ask(sent);
        const expected = sent.target.includes('/other/') ? 401 : 404; // the matcher leaves out `/_next/static/` alone
        expect([stage.variant, sent, status, whole.includes('CANARY')]).toEqual([stage.variant, sent, expected, false]);
      }
      expect(ran(stage)).toBe(before);
    }
  });

  it('what only a router in front of Next would understand, which is refused on public pages as well', async () => {
    const paths = [
      '/?nxtPid=7',
      '/?a=1&%6extIid=7',
      '/signed-out?nxtPslug=x',
      '/robots.txt?nxtP',
      '/item/[id]',
      '/item/%5Bid%5D?nxtPid=7',
      '/docs/[[...slug]]?slug=x',
      '/.well-known/[slug]',
    ];
    for (const stage of stages) {
      for (const cookie of ['', await stage.signedIn({ roles: ['admin'] })]) {
        const answers = paths.map((path) => plainly(stage, path, cookie));
        const found = (await Promise.all(answers)).map(({ status, whole }) => [status, whole.includes('BAD_PATH')]);
        expect([stage.variant, found]).toEqual([stage.variant, paths.map(() => [400, true])]);
      }
    }
  });

  it('server actions that are called at a public page, and they do not run', async () => {
    const ran = (stage: Stage) => stage.printed.filter((line) => line.includes('-ran')).length;
    const before = stages.map(ran);
    for (const stage of stages) {
      const requests = Object.values(stage.actions).flatMap((id) =>
        ['/', '/signed-out', '/robots.txt', '/.well-known/x'].flatMap((page) =>
          calls(stage.base + asServed(stage, page), id, stage.port),
        ),
      );
      expect(await faults(stage, requests, ({ whole }) => /CANARY-[a-z-]+/.exec(whole)?.[0] ?? null)).toEqual([]);
    }
    expect(stages.map(ran)).toEqual(before);
  });
});

/**
 * All of them on one site; on the others one of each kind, because a build differs in how it serves a kind. In `npm test` each shape
 * asks each of the others for one kind, another one on each site, and the next shape for the next.
 */
const KINDS = ['/static-page', '/item/7', '/api/canary', '/legacy', '/legacy-static', '/canary.txt'];
const FIRST_KIND = { based: 4, i18n: 3 } as const satisfies Partial<Record<Variant, number>>;
const aims = ({ variant }: Stage, turn: number) => {
  if (variant === 'turbopack') return [...canaries, ...adminCanaries.slice(0, 1)];
  const kind = KINDS[(FIRST_KIND[variant as keyof typeof FIRST_KIND] + turn) % KINDS.length];
  return canaries.filter(({ path }) => (isThinned ? path === kind : KINDS.includes(path)));
};
