import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { adminCanaries, anonymousFault, canaries, leak } from './canaries';
import { faults, withCookie } from './crowd';
import { openStage, type Stage } from './stage';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage('i18n');
}, 600_000);
afterAll(() => stage.close());

/** Next makes `/_next/…` of `/cdn/_next/…`, after the gate. */
const behindPrefix = (path: string) =>
  [
    `/_next/data/${stage.buildId}${path}.json`,
    `/_next/data/${stage.buildId}/en${path}.json`,
    `/_next/data/${stage.buildId}${path}`,
    `/_next/data/${stage.buildId}${encodeURI(path).replace(/[a-z]/, (first) => `%${first.charCodeAt(0).toString(16)}`)}.json`,
    `/_next/data/wrong${path}.json`,
    `/_next/image?url=${path}&w=64&q=75`,
    `/_next${path}`,
    `/_next/static${path}`,
    `/_next/static/../data/${stage.buildId}${path}.json`,
    `/_next/static/..%2fdata/${stage.buildId}${path}.json`,
  ].flatMap((rest) => [`/cdn${rest}`, `/CDN${rest}`, `/cdn/cdn${rest}`, `/cdn/.${rest}`, `/x/../cdn${rest}`]);

describe('behind an asset prefix', () => {
  it('nothing protected is shown without a session', async () => {
    const requests = canaries.flatMap(({ path }) => behindPrefix(path)).map((target) => ({ target }));
    expect(await faults(stage, requests, (answer) => anonymousFault(answer))).toEqual([]);
  });

  it('nothing that needs a role is shown without it', async () => {
    const cookie = await stage.signedIn({ roles: ['member'] });
    const targets = adminCanaries.flatMap(({ path }) => behindPrefix(path));
    const requests = targets.map((target) => withCookie({ target }, cookie));
    expect(await faults(stage, requests, (answer) => leak(answer, /CANARY-admin/) ?? null)).toEqual([]);
  });

  it('the data of a page is shown to those who may see it, so that its absence means something', async () => {
    const cookie = await stage.signedIn({ roles: ['admin'] });
    for (const path of ['/admin/legacy', '/en/admin/legacy']) {
      const target = `/cdn/_next/data/${stage.buildId}${path}.json`;
      expect((await stage.ask(withCookie({ target }, cookie))).whole).toContain('CANARY-admin-legacy');
    }
  });

  it('no dynamic page answers in the place of a file of the build', async () => {
    const cookie = await stage.signedIn();
    const { status, whole } = await stage.ask(
      withCookie({ target: `/cdn/_next/static${'/x'.repeat(7)}${stage.slash}` }, cookie),
    );
    expect([status, whole.includes('CANARY')]).toEqual([404, false]);
  });
});
