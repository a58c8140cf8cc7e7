import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { adminCanaries, leak } from './canaries';
import { faults, openStages, requestsOf, withCookie } from './crowd';
import { pathShapes } from './shapes-path';
import { calls, requestShapes } from './shapes-request';
import type { Stage } from './stage';
import type { Received } from './wire';

let stages: readonly Stage[] = [];
let close: () => Promise<unknown> = async () => {};
const cookies = new Map<Stage, string>();
beforeAll(async () => {
  ({ stages, close } = await openStages(['turbopack', 'based']));
  for (const stage of stages) cookies.set(stage, await stage.signedIn({ roles: ['member'] }));
}, 600_000);
afterAll(() => close());

const judge = (answer: Received) => leak(answer, /CANARY-admin/) ?? null;

/** What is shown of the canaries to a person with a session and without the role. */
const shownToMember = async (shape: (typeof pathShapes)[0] | (typeof requestShapes)[0], turn: number) => {
  const found = stages.map((stage) => {
    // All of them on one site; on the other one a third with each shape, the next third with the next.
    const aims = adminCanaries.filter((_, index) => stage.variant === 'turbopack' || index % 3 === turn % 3);
    const requests = requestsOf(shape, aims, stage).map((sent) => withCookie(sent, cookies.get(stage) ?? ''));
    return faults(stage, requests, judge);
  });
  return (await Promise.all(found)).flat();
};

describe('with a session that has not the role', () => {
  it('the plain path is answered by 403, and other pages are shown', async () => {
    for (const stage of stages) {
      const cookie = cookies.get(stage) ?? '';
      const [own, other] = await Promise.all(
        ['/admin', '/static-page'].map((path) => stage.ask(withCookie({ target: stage.base + path }, cookie))),
      );
      expect([stage.variant, own?.status, other?.status]).toEqual([stage.variant, 403, 200]);
    }
  });

  it.each(pathShapes)('nothing that needs the role is shown for $shape', async (shape) => {
    expect(await shownToMember(shape, pathShapes.indexOf(shape))).toEqual([]);
  });

  it.each(requestShapes)('nothing that needs the role is shown for $shape', async (shape) => {
    expect(await shownToMember(shape, requestShapes.indexOf(shape))).toEqual([]);
  });

  it('an action of a page that needs the role does not run at a page that does not', async () => {
    for (const stage of stages) {
      const cookie = cookies.get(stage) ?? '';
      const requests = ['/', '/static-page', '/action', '/item/7', '/admin/act']
        .flatMap((page) => calls(stage.base + page, stage.actions.tellAdmin ?? '', stage.port))
        .map((sent) => withCookie(sent, cookie));
      expect(await faults(stage, requests, judge)).toEqual([]);
      expect(stage.printed.filter((line) => line.includes('CANARY-admin-action-ran'))).toEqual([]);
    }
  });
});
