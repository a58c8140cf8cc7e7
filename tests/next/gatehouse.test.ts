import { type NextFetchEvent, type NextMiddleware, NextRequest, NextResponse } from 'next/server';
import { beforeAll, describe, expect, it } from 'vitest';
import type { LogEvent } from '../../lib/events';
import { gatehouse } from '../../lib/next/middleware';
import { defineRules } from '../../lib/policy/rules';
import { createWorld, type World } from '../world/world';

const rules = defineRules([{ path: '/open/*', allow: 'public' }]);
const NAME = '__Host-Http-session';
let world: World;
let cookie: string;
beforeAll(async () => {
  world = await createWorld();
  cookie = `${NAME}=${(await world.signedIn()).cookies.get(NAME)?.value}`;
});

/** One request to a site whose gate has the site's own middleware behind it. */
async function ask(own: NextMiddleware, path: string, headers: Record<string, string> = {}) {
  const logged: LogEvent[] = [];
  const site = { env: world.env, rules, onEvent: (event: LogEvent) => logged.push(event) };
  // biome-ignore lint/suspicious/noThenProperty: the name of the option
  const middleware = gatehouse(site, { then: own });
  const event = { waitUntil() {} } as unknown as NextFetchEvent;
  return { answer: await middleware(new NextRequest(world.site + path, { headers }), event), logged };
}

describe('the site’s own middleware', () => {
  it('does not run for what the gate answers itself', async () => {
    const own = () => NextResponse.json('reached');
    expect((await ask(own, '/page')).answer.status).toBe(401);
    expect((await ask(own, '/auth/session')).answer.headers.has('x-request-id')).toBe(true);
    expect(await (await ask(own, '/page', { cookie })).answer.json()).toBe('reached');
  });

  it('runs for a public page without the session’s cookie, which is hidden from all of it', async () => {
    const own: NextMiddleware = (request) => NextResponse.json(request.cookies.getAll());
    const { answer } = await ask(own, '/open/page', { cookie: `${cookie}; theme=dark` });
    expect(await answer.json()).toEqual([{ name: 'theme', value: 'dark' }]);
  });

  it('that throws an error with a code has that in the log, and nothing that is no identifier', async () => {
    const causesOf = async (code: string) => {
      const own = () => Promise.reject(Object.assign(new RangeError('planted-message'), { code }));
      const { logged } = await ask(own, '/page', { cookie });
      expect(JSON.stringify(logged)).not.toContain('planted');
      return logged.flatMap((event) => (event.event === 'problem' ? [event.cause] : []));
    };
    expect(await causesOf('ECONNREFUSED')).toEqual(['ECONNREFUSED']);
    expect(await causesOf('planted-secret\n{"event":"signed_in"}')).toEqual(['RangeError']);
  });

  it.each<[string, NextMiddleware]>([
    [
      'throws',
      () => {
        throw new RangeError('planted-message');
      },
    ],
    ['rejects', () => Promise.reject(new RangeError('planted-message'))],
  ])('that %s is answered with a 500 problem whose reference is logged', async (_, own) => {
    const { answer, logged } = await ask(own, '/page', { cookie });
    const text = await answer.text();
    expect(answer.status).toBe(500);
    expect(answer.headers.get('cache-control')).toBe('private, no-store');
    const { ref, code } = JSON.parse(text);
    expect(code).toBe('INTERNAL');
    expect(logged.filter(({ event }) => event === 'problem')).toEqual([
      expect.objectContaining({ ref, code: 'INTERNAL', status: 500, actor: 'site', cause: 'RangeError' }),
    ]);
    expect(text + JSON.stringify(logged)).not.toContain('planted');
  });

  it('that returns no Response is answered with a 500 problem', async () => {
    const own = (() => ({ status: 200 })) as unknown as NextMiddleware;
    expect((await ask(own, '/page', { cookie })).answer.status).toBe(500);
  });
});
