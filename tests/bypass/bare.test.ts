import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SERVER_CODE_GRACE_SECONDS } from '../../lib/timing';
import { distOf } from './builds';
import { canaries, leak } from './canaries';
import { faults, openStages, requestsOf, withCookie } from './crowd';
import { pathShapes } from './shapes-path';
import { requestShapes } from './shapes-request';
import type { Stage } from './stage';
import type { Received, Sent } from './wire';

let bare: Stage;
let gated: Stage;
let close: () => Promise<unknown> = async () => {};
beforeAll(async () => {
  const opened = await openStages(['bare', 'turbopack']);
  [bare, gated] = opened.stages as [Stage, Stage];
  close = opened.close;
}, 600_000);
afterAll(() => close());

const self = canaries.filter(({ path }) => path.startsWith('/self'));
const shapes = [...pathShapes, ...requestShapes];

describe('a site whose middleware was taken away', () => {
  it('shows what nothing but the middleware guards', async () => {
    expect((await bare.ask({ target: '/static-page' })).whole).toContain('CANARY-static-page');
    const optimized = await bare.ask({ target: '/_next/image?url=%2Fcanary.png&w=64&q=75' });
    expect(leak(optimized, /CANARY-/)).toBe('the bytes of an image');
  });

  it('shows what asks for the session by itself to those who have one', async () => {
    const cookie = await bare.signedIn();
    for (const { path, holds } of self)
      expect((await bare.ask(withCookie({ target: path }, cookie))).whole).toContain(holds);
  });

  it.each(self)(
    '$path answers 401 to a request that names the preview id of the build, whatever session it brings',
    async ({ path }) => {
      const { preview } = JSON.parse(readFileSync(join(distOf('bare'), 'prerender-manifest.json'), 'utf8'));
      const { target, headers = [] } = withCookie({ target: path }, await bare.signedIn());
      const seen = await bare.ask({ target, headers: [...headers, ['x-prerender-revalidate', preview.previewModeId]] });
      expect(seen.status).toBe(401);
    },
  );

  it.each(self)('$path answers 401 to those who have none', async ({ path }) => {
    for (const cookie of [
      '',
      'gatehouse_session=garbage',
      'gatehouse_session=a; gatehouse_session=b',
      await gated.signedIn(),
    ]) {
      const answer = await bare.ask(withCookie({ target: path }, cookie));
      expect([answer.status, leak(answer, /CANARY-/)]).toEqual([401, undefined]);
    }
  });

  it('is not shown to who sends two sessions, or one in another spelling', async () => {
    const [one, other] = [await bare.signedIn(), await bare.signedIn()];
    for (const cookie of [
      `gatehouse_session=x; ${one}`,
      `${one}; gatehouse_session=x`,
      `${one}; ${other}`,
      one.replace('=e', '=%65'),
    ])
      for (const { path } of self) expect((await bare.ask(withCookie({ target: path }, cookie))).status).toBe(401);
  });

  it.each([
    ['/self/admin', { roles: ['member'] }, 403],
    ['/self/admin', { roles: ['admin'] }, 200],
    ['/self/vault', { roles: ['admin'] }, 401],
  ])('%s, which asks for more by itself, answers %j with %d', async (path, claims, status) => {
    const answer = await bare.ask(withCookie({ target: path }, await bare.signedIn(claims)));
    expect([answer.status, /CANARY-self/.test(answer.whole)]).toEqual([status, status === 200]);
  });

  it('tokens that no gate can have let pass are no session, since none is there to renew them', async () => {
    const cookie = await bare.signedIn({ roles: ['admin'] }, -SERVER_CODE_GRACE_SECONDS - 1);
    for (const path of [...self.map(({ path }) => path), '/self/admin', '/self/vault'])
      expect((await bare.ask(withCookie({ target: path }, cookie))).status).toBe(401);
  });

  it.each(shapes)('still shows nothing that asks for the session by itself, for $shape', async (shape) => {
    const judge = ({ whole }: Received) => /CANARY-self/.exec(whole)?.[0] ?? null;
    expect(await faults(bare, requestsOf(shape, self, bare), judge)).toEqual([]);
  });
});

describe('with a session, the gate fails nowhere that Next does not fail by itself', () => {
  const KINDS = ['/static-page', '/legacy', '/canary.txt'];

  it.each(shapes)('for $shape', async (shape) => {
    const aims = canaries.filter(({ path }) => KINDS.includes(path));
    const cookie = await gated.signedIn({ roles: ['admin'] });
    const requests = requestsOf(shape, aims, gated).map((sent) => withCookie(sent, cookie));
    const failed = ({ status }: Received) => status === 0 || status >= 500;
    const judge = async (answer: Received, sent: Sent) => {
      if (!failed(answer) || ('before' in shape && answer.status === shape.before)) return null;
      return failed(await bare.ask(sent)) ? null : `${answer.status}`;
    };
    expect(await faults(gated, requests, judge)).toEqual([]);
  });
});
