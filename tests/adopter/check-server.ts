import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Running } from './open';

/** What the configurations of the sites say. */
const MAX_BODY_BYTES = 1_000;

/** What is not the middleware's: the build, caches, and the Node process that serves. */
export function checkServer(running: () => Running): void {
  it('serves the build’s own files, and no page in place of one that is missing', async () => {
    const { dir, get } = running();
    const chunk = readdirSync(join(dir, '.next/static/chunks')).find((name) => name.endsWith('.js'));
    expect((await get(`/_next/static/chunks/${chunk}`)).status).toBe(200);
    expect((await get('/_next/static/chunks/missing.js')).status).toBe(404);
  });

  it('answers an upgrade that it refuses, and closes the connection', async () => {
    const { port, at } = running();
    const socket = connect(port, 'localhost').setEncoding('latin1');
    let whole = '';
    socket.on('data', (text) => {
      whole += text;
    });
    const lines = [`GET ${at('/account')} HTTP/1.1`, `Host: localhost:${port}`, 'Connection: Upgrade'];
    socket.write([...lines, 'Upgrade: websocket', '\r\n'].join('\r\n'));
    await once(socket, 'end');
    socket.destroy();
    expect(whole).toMatch(/^HTTP\/1\.1 401 /);
  });
}

/** A page that a rule opens, and the limit of bodies that the site's configuration of Next has. */
export function checkLimits(running: () => Running): void {
  it('leaves a public page to caches, without a cookie of the gate', async () => {
    const { get, signedIn, at } = running();
    const { browser } = await signedIn();
    for (const response of [await get('/about'), await browser.fetch(at('/about'))]) {
      expect(response.status).toBe(200);
      expect(await response.text()).toContain('ADOPTER-about');
      expect(response.headers.get('cache-control')).toMatch(/s-maxage=\d/);
      expect(response.headers.getSetCookie().filter((line) => /^(gatehouse|oidc)_/.test(line))).toEqual([]);
      expect(response.headers.get('vary') ?? '').not.toMatch(/cookie/i);
    }
  });

  it.each([
    ['with a length', (bytes: number) => 'x'.repeat(bytes)],
    ['in chunks', (bytes: number) => new Blob(['x'.repeat(bytes)]).stream()],
  ])('takes a body up to its limit and refuses a larger one: %s', async (_, bodyOf) => {
    const post = (bytes: number) => {
      const sent = { method: 'POST', body: bodyOf(bytes), duplex: 'half' };
      return fetch(`${running().url}/api/echo`, sent);
    };
    const taken = await post(MAX_BODY_BYTES);
    expect([taken.status, await taken.json()]).toEqual([200, { bytes: MAX_BODY_BYTES }]);
    const refused = await post(MAX_BODY_BYTES + 1);
    expect([refused.status, refused.headers.get('content-type')]).toEqual([413, 'application/problem+json']);
  });
}
