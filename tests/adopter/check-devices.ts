import { expect, it } from 'vitest';
import type { Browser } from '../world/browser';
import type { Running } from './open';

interface Listed {
  readonly id: string;
  readonly current: boolean;
}

/** Two browsers of a person who has no others. */
const devicesOf = async ({ signedIn }: Running): Promise<readonly [here: Browser, there: Browser]> => [
  (await signedIn('citra')).browser,
  (await signedIn('citra')).browser,
];

async function listOf(browser: Browser, { at }: Running): Promise<readonly Listed[]> {
  return ((await (await browser.fetch(at('/auth/sessions'))).json()) as { sessions: readonly Listed[] }).sessions;
}

/** Submits the form of a Server Action as a browser without script does. */
async function press(browser: Browser, action: string, id: string): Promise<Response> {
  const form = new FormData();
  for (const [name, value] of Object.entries({ [action]: '', id })) form.append(name, value);
  const sent = new Response(form);
  const headers = { 'content-type': sent.headers.get('content-type') ?? '' };
  return browser.fetch('/devices', { method: 'POST', body: new Uint8Array(await sent.arrayBuffer()), headers });
}

/** The page of the documentation: App Router, `listSessions()` and `endSession()` in a Server Action. */
export function checkDevicesPage(running: () => Running): void {
  it('lists the devices, and ends one by a Server Action without script', async () => {
    const [here, there] = await devicesOf(running());
    const page = await (await here.navigate('/devices')).response.text();
    const [action = ''] = /\$ACTION_ID_\w+/.exec(page) ?? [];
    const [own, other] = await listOf(here, running());
    for (const id of [own?.id, other?.id]) expect(page).toContain(`value="${id}"`);
    expect(page).toContain('This device');

    const answer = await press(here, action, other?.id ?? '');
    expect(answer.status).toBe(200);
    const shown = await answer.text();
    expect([shown.includes(`value="${own?.id}"`), shown.includes(`value="${other?.id}"`)]).toEqual([true, false]);
    expect((await there.fetch('/auth/sessions')).status).toBe(401);

    const last = await press(here, action, own?.id ?? '');
    expect(last.headers.getSetCookie()).toEqual([expect.stringMatching(/^gatehouse_session=;.*Max-Age=0/)]);
    expect((await here.fetch('/account')).status).toBe(401);
  });
}

/** The same by API routes of the Pages Router. */
export function checkDevicesRoutes(running: () => Running): void {
  it('lists the devices, and ends one by a request', async () => {
    const { at } = running();
    const [here, there] = await devicesOf(running());
    const list = await listOf(here, running());
    expect(await (await here.fetch(at('/api/devices'))).json()).toEqual(list);
    const end = async (id = '') => (await here.fetch(at(`/api/devices?end=${id}`), { method: 'POST' })).json();
    expect([await end('x'), await end(list[1]?.id), await end(list[1]?.id)]).toEqual([false, true, false]);
    expect((await there.fetch(at('/auth/sessions'))).status).toBe(401);
    expect(await listOf(here, running())).toHaveLength(1);
  });
}
