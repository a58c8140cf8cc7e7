import { afterAll, beforeAll, expect, it } from 'vitest';
import { openStage, type Stage } from './stage';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage('based');
}, 300_000);
afterAll(() => stage.close());

it.each(['/base/legacy', '/base/id/legacy'])(
  '%s leads to the sign-in below the base path, and back to itself',
  async (page) => {
    const query = `?returnTo=${encodeURIComponent(page)}`;
    const action = await stage.ask({ method: 'POST', target: page, headers: [['Next-Action', '7f']], body: '' });
    expect([action.status, action.headers['x-action-redirect']]).toEqual([303, `/auth/login${query};push`]);
    const data = await stage.ask({ target: page, headers: [['Referer', `http://localhost:${stage.port}${page}`]] });
    expect([data.status, /"loginUrl":"([^"]*)/.exec(data.whole)?.[1]]).toEqual([401, `/base/auth/login${query}`]);
    const login = await stage.ask({ target: `/base/auth/login${query}`, headers: [['Accept', 'text/html']] });
    expect(login.status).toBe(303);
    const member = await stage.signedIn();
    expect((await stage.ask({ target: page, headers: [['Cookie', member]] })).whole).toContain('CANARY-legacy');
  },
);
