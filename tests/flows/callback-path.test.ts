import { expect, it } from 'vitest';
import { createDeps } from '../../lib/context';
import { createGate } from '../../lib/gate';
import { createWorld } from '../world/world';

it.each(['/auth/callback/', '/api/sso/return', '/auth/call%62ack'])(
  'the callback is where the registered redirect URI says: %s',
  async (path) => {
    const world = await createWorld();
    const env = { ...world.env, SSO_REDIRECT_URI: world.site + path };
    const gate = createGate({ load: () => createDeps(env), log: () => {} });
    const headers = { accept: 'text/html', host: new URL(world.site).host };
    const answer = await gate(new Request(`${world.site}${path}?code=a&state=b`, { headers }), { waitUntil: () => {} });
    expect(answer).toBeInstanceOf(Response);
    expect(await (answer as Response).text()).toContain('LOGIN_REJECTED');
  },
);
