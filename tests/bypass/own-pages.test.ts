import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStage, type Stage } from './stage';
import type { Received } from './wire';

const DOCUMENT = [
  ['Sec-Fetch-Mode', 'navigate'],
  ['Sec-Fetch-Dest', 'document'],
] as const;

let stage: Stage;

/** Next sends a page in pieces; what a script of it holds as text is escaped in several ways. */
const told = ({ whole }: Received) => whole.replaceAll('&quot;', '"').replaceAll('\\', '');

const refused = (cookie: string) => stage.ask({ target: '/admin', headers: [...DOCUMENT, ['Cookie', cookie]] });

describe.each([
  ['of the App Router', '/.well-known/own', 'OWN-page', true],
  ['of the Pages Router', '/.well-known/own-legacy', 'OWN-legacy-page', true],
  ['that is prerendered', '/.well-known/own-static', 'OWN-static-page', false],
])('a page of the site %s, in a built site', (_, path, holds, isTold) => {
  beforeAll(async () => {
    stage = await openStage('turbopack', { CANARY_OWN_PAGES: JSON.stringify({ problem: path }) });
  });
  afterAll(() => stage.close());

  it('is shown for a refusal with the status and the cache headers of the gate, and nothing of what was refused', async () => {
    const answer = await refused(await stage.signedIn());
    expect(answer.status).toBe(403);
    expect(answer.whole).toContain(holds);
    expect(answer.whole).not.toContain('CANARY-');
    expect(answer.headers['cache-control']).toBe('private, no-store');
    expect(answer.headers['content-type']).toMatch(/^text\/html/);
    expect(answer.headers['x-request-id']).toMatch(/^[\w-]{12}$/);
    expect(answer.headers.vary?.toLowerCase()).toContain('cookie');
    if (isTold) {
      expect(told(answer)).toContain('"code":"FORBIDDEN"');
      expect(told(answer)).toContain(`"ref":"${answer.headers['x-request-id']}"`);
    }
  });

  it('is shown without a session, for a failure at an endpoint of the gate', async () => {
    const answer = await stage.ask({ target: '/auth/callback?code=c&state=s', headers: DOCUMENT });
    expect(answer.status).toBe(400);
    expect(answer.whole).toContain(holds);
    if (isTold) expect(told(answer)).toContain('"code":"LOGIN_REJECTED"');
  });

  it('never shows the cookie that told it, nor the sealed header', async () => {
    const cookie = await stage.signedIn();
    const { whole } = await refused(cookie);
    expect(whole).not.toContain(cookie.slice(cookie.indexOf('=') + 1));
    expect(whole).not.toContain('x-gatehouse-problem');
    expect(whole).not.toContain('x-middleware-request-');
  });

  it('believes no header of a client', async () => {
    const headers = [...DOCUMENT, ['x-gatehouse-problem', '{"problem":{"code":"FORGED"}}'] as const];
    const answer = await stage.ask({ target: path, headers });
    expect(answer.status).toBe(200);
    expect(answer.whole).toContain(holds);
    if (isTold) expect(told(answer)).toContain('"problem":null');
    expect(answer.whole).not.toContain('FORGED');
  });

  it('is not for scripts: they get problem JSON', async () => {
    const headers = [
      ['Sec-Fetch-Mode', 'cors'],
      ['Sec-Fetch-Dest', 'empty'],
      ['Cookie', await stage.signedIn()],
    ] as const;
    const answer = await stage.ask({ target: '/admin', headers });
    expect(answer.status).toBe(403);
    expect(answer.headers['content-type']).toBe('application/problem+json');
  });
});

describe('a page of the site that is not there', () => {
  beforeAll(async () => {
    stage = await openStage('turbopack', { CANARY_OWN_PAGES: JSON.stringify({ problem: '/.well-known/nothing' }) });
  });
  afterAll(() => stage.close());

  it('opens nothing and does not loop: Next answers with its 404', async () => {
    const answer = await refused(await stage.signedIn());
    expect(answer.status).toBe(404);
    expect(answer.whole).not.toContain('CANARY-');
  });
});
