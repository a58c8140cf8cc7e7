import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { distOf } from './builds';
import { leak } from './canaries';
import { asServed, everyCanary, faults, openStages, withCookie } from './crowd';
import type { Stage } from './stage';
import type { Received, Sent } from './wire';

type Header = readonly [name: string, value: string];

let stages: readonly Stage[] = [];
let close: () => Promise<unknown> = async () => {};
beforeAll(async () => {
  const opened = await openStages(['turbopack', 'i18n']);
  stages = opened.stages;
  close = opened.close;
}, 600_000);
afterAll(() => close());

/** What Draft Mode writes into the cookie `__prerender_bypass`. */
const previewIdOf = ({ variant }: Stage): string =>
  JSON.parse(readFileSync(join(distOf(variant), 'prerender-manifest.json'), 'utf8')).preview.previewModeId;

const spellings: [string, (id: string) => readonly Header[]][] = [
  ['as Next writes it', (id) => [['x-prerender-revalidate', id]]],
  ['in capital letters', (id) => [['X-PRERENDER-REVALIDATE', id]]],
  ['with white space around the id', (id) => [['x-prerender-revalidate', `  ${id}\t`]]],
  ['for generated pages only', (id) => [...headerOf(id), ['x-prerender-revalidate-if-generated', '1']]],
  ['with the cookie of Draft Mode', (id) => [...headerOf(id), ['Cookie', `__prerender_bypass=${id}`]]],
];
const headerOf = (id: string): readonly Header[] => [['x-prerender-revalidate', id]];

const kinds: [string, readonly Header[]][] = [
  ['a request', []],
  ['a WebSocket', upgrade('websocket')],
  ['an upgrade to HTTP/2', upgrade('h2c')],
  ['an upgrade to something else', upgrade('something-else')],
];

function upgrade(protocol: string): readonly Header[] {
  return [
    ['Connection', 'Upgrade'],
    ['Upgrade', protocol],
  ];
}

describe.each(kinds)('%s with the header of a revalidation and the preview id of the build', (_, upgraded) => {
  it.each(spellings)('%s is refused as without it', async (_, headersOf) => {
    for (const stage of stages) {
      const id = previewIdOf(stage);
      expect(id).toMatch(/^[0-9a-f]{32}$/);
      const requests = everyCanary.map(
        ({ path }): Sent => ({ target: asServed(stage, path), headers: [...upgraded, ...headersOf(id)] }),
      );
      const judge = (answer: Received) =>
        answer.status === 401 ? (leak(answer, /CANARY-/) ?? null) : `${answer.status}`;
      expect(await faults(stage, requests, judge)).toEqual([]);
    }
  });
});

it('a page of the Pages Router is still rendered anew by `res.revalidate()`', async () => {
  for (const stage of stages) {
    const cookie = await stage.signedIn();
    const ask = (path: string) => stage.ask(withCookie({ target: asServed(stage, path) }, cookie));
    const etagBefore = (await ask('/legacy-static')).headers['x-nextjs-cache'];
    const answer = await ask('/api/legacy-revalidate');
    expect([answer.status, answer.whole.includes('{"revalidated":true}')]).toEqual([200, true]);
    expect([etagBefore, (await ask('/legacy-static')).status]).toEqual(['HIT', 200]);
  }
});
