import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStages } from './crowd';
import type { Stage } from './stage';

let based: Stage;
let stages: readonly Stage[] = [];
let close: () => Promise<unknown> = async () => {};
beforeAll(async () => {
  ({ stages, close } = await openStages(['based', 'i18n']));
  based = stages[0] as Stage;
}, 600_000);
afterAll(() => close());

it.each(['/base/legacy', '/base/id/legacy'])(
  '%s leads to the sign-in below the base path, and back to itself',
  async (page) => {
    const query = `?returnTo=${encodeURIComponent(page)}`;
    const action = await based.ask({ method: 'POST', target: page, headers: [['Next-Action', '7f']], body: '' });
    expect([action.status, action.headers['x-action-redirect']]).toEqual([303, `/auth/login${query};push`]);
    const data = await based.ask({ target: page, headers: [['Referer', `http://localhost:${based.port}${page}`]] });
    expect([data.status, /"loginUrl":"([^"]*)/.exec(data.whole)?.[1]]).toEqual([401, `/base/auth/login${query}`]);
    const login = await based.ask({ target: `/base/auth/login${query}`, headers: [['Accept', 'text/html']] });
    expect(login.status).toBe(303);
    const member = await based.signedIn();
    expect((await based.ask({ target: page, headers: [['Cookie', member]] })).whole).toContain('CANARY-legacy');
  },
);

describe('with locales, with a base path and without', () => {
  const ran = (stage: Stage) => stage.printed.filter((line) => line.includes('CANARY-nine-deep-ran')).length;
  const nineDeep = (place: string) => {
    const behindLocale = place.replace(/^\/(en|id)(?=\/)/i, '');
    return place + '/x'.repeat(10 - behindLocale.split('/').length);
  };
  const PLACES = [
    '/_next/static',
    '/_next/static/chunks',
    '/_next/other',
    '/_next/IMAGE',
    '/_next/DATA',
    '/_NEXT/static',
  ];

  it.each(['', '/en', '/id', '/ID'].flatMap((locale) => PLACES.map((place) => locale + place)))(
    'no dynamic page answers below %s',
    async (place) => {
      for (const stage of stages) {
        const before = ran(stage);
        const { status, whole } = await stage.ask({ target: stage.base + nineDeep(place) + stage.slash });
        expect([stage.variant, whole.includes('CANARY')]).toEqual([stage.variant, false]);
        // The matcher leaves out the build's own files, which stand below no locale.
        expect(status).toBe(place.startsWith('/_next/static') ? 404 : 401);
        expect(ran(stage)).toBe(before);
      }
    },
  );

  it.each(['/', '/en', '/id', '/en/', '/_next/data/BUILD/index.json', '/_next/data/BUILD/id.json'])(
    'the gate sees %s',
    async (path) => {
      for (const stage of stages) {
        const end = /(\/|\.json)$/.test(path) ? '' : stage.slash;
        const target = (stage.base + path).replace('BUILD', stage.buildId) + end;
        const seen = await stage.ask({ target, headers: [['Cookie', 'gatehouse_session=garbage']] });
        expect([stage.variant, seen.headers['set-cookie']]).toEqual([
          stage.variant,
          expect.stringMatching(/^gatehouse_session=;/),
        ]);
      }
    },
  );
});
