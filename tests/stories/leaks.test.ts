import { describe, expect, it, onTestFinished } from 'vitest';
import { REDIS_FAULTS } from '../world/redis';
import { deploymentOf } from '../world/reseal';
import { recordSpans } from '../world/spans';
import { fieldsOf, holdersOf, unsealAll } from '../world/unseal';
import { createWorld } from '../world/world';

/**
 * Secrets are planted everywhere and looked for everywhere. Two URLs are allowed to carry one, because the protocol
 * says so: the callback's code, which the provider sends, and the end-session URL's ID token hint.
 */
describe('no secret is seen where it does not belong', () => {
  it('in a whole life: sign-in, pages, refusals, lies, faults and sign-out', async () => {
    const world = await createWorld();
    const telemetry = recordSpans();
    onTestFinished(telemetry.stop);
    const seen: string[] = [];
    const look = async (response: Response, where: string, hint = false) => {
      const headers = [...response.headers].filter(([name]) => !(hint && name === 'location'));
      seen.push(`${where} ${response.status} ${JSON.stringify(headers)} ${await response.clone().text()}`);
    };
    const browser = world.browser();
    const visit = async (path: string) => {
      const { response, hops } = await world.skippingWaits(browser.navigate(path, { redirect: 'manual' }));
      await look(response, path.includes('callback') ? '/auth/callback' : path);
      return hops[0]?.headers.get('location') ?? '';
    };
    const comeBack = async (to: string) => world.provider.signIn(await visit(to));

    const back = await comeBack('/dashboard');
    await visit(back);
    await visit(back);
    for (const path of ['/dashboard', '/', '/auth/session', '/auth/logout', '/admin', '/auth/nothing', '/%'])
      await visit(path);
    await look(await browser.fetch('/auth/session'), '/auth/session');
    await look(await browser.fetch('/api/me'), '/api/me');

    world.provider.lies.idTokenSigning = { otherKey: true };
    await visit(await comeBack('/auth/login'));
    world.provider.lies.idTokenSigning = undefined;
    world.provider.lies.tokenResponse = (json) =>
      new Response(JSON.stringify({ ...json, error: 'invalid_grant' }), { status: 400 });
    await visit(await comeBack('/auth/login'));
    world.provider.lies.tokenResponse = undefined;
    world.provider.lies.instead.token = () => {
      throw new TypeError('planted-cause'); // as a runtime that names the address in its errors
    };
    await visit(await comeBack('/auth/login'));
    delete world.provider.lies.instead.token;
    for (const fault of Object.values(REDIS_FAULTS)) {
      world.redis.fault = fault;
      await visit(await comeBack('/auth/login'));
    }
    world.redis.fault = null;
    await visit(await comeBack('/auth/login?prompt=login'));
    const held = await world.redis.dump();
    const session = browser.cookies.get('__Host-Http-session')?.value ?? '';
    expect(session.length).toBeGreaterThan(100);
    const { response } = await browser.post('/auth/logout', { form: {}, redirect: 'manual' });
    await look(response, '/auth/logout', true);
    await world.skippingWaits(world.isolate.settled());

    const spans = JSON.stringify(telemetry.spans);
    for (const name of ['decide', 'redis', 'provider']) expect(spans).toContain(`gatehouse.${name}`);
    const everything = [...seen, ...world.logs, held, await world.redis.dump(), spans].join('\n');
    const { SESSION_SECRET = '', UPSTASH_REDIS_REST_TOKEN = '' } = world.env;
    const secrets = [...world.provider.secrets, SESSION_SECRET, UPSTASH_REDIS_REST_TOKEN, 'planted-cause'];
    expect(secrets.length).toBeGreaterThan(10);
    expect(
      secrets.filter((secret) => secret && everything.includes(secret)).map((secret) => secret?.slice(0, 14)),
    ).toEqual([]);
    expect(everything).not.toMatch(/^\s+at .*\.[jt]s:\d+/m);
    expect([...world.logs, held, spans].join('\n')).not.toContain(session);
    expect(spans).not.toMatch(/ana@example|Ana Example|\bana\b/);
    expect(held).not.toMatch(/ana@example|Ana Example/);
    expect(held.split('\n').filter((line) => line.includes(' ttl=-1 '))).toEqual([]);
    const unsealed = await unsealAll(everything, deploymentOf(world.env));
    expect(holdersOf(unsealed, secrets)).toEqual([
      'flow verifier',
      'record tokens.accessToken',
      'record tokens.idToken',
      'record tokens.refreshToken',
    ]);
  });

  it('under a seal: each value has these members, and none but the record and the ID token hint holds a token', async () => {
    const world = await createWorld();
    const browser = world.browser();
    const held: string[] = [];
    const keep = async () => held.push(await world.redis.dump(), ...browser.cookies.all().map(({ value }) => value));
    const { hops } = await browser.navigate('/dashboard', { redirect: 'manual' });
    await keep();
    await browser.navigate(await world.provider.signIn(hops[0]?.headers.get('location') ?? ''));
    await world.isolate.settled();
    await keep();
    await browser.fetch('/auth/logout', { method: 'POST' }); // leaves the ID token for the way to the provider
    await world.isolate.settled();
    await keep();

    const unsealed = await unsealAll(held.join('\n'), deploymentOf(world.env));
    const words = (text: string) => [...text.split(' '), 'exp', 'p', 'v'].sort(); // and those of every sealed value
    const person = ['name', 'given_name', 'family_name', 'email', 'email_verified', 'roles', 'permissions'];
    const claims = (under: string) => person.map((name) => `${under}.${name}`).join(' ');
    const tokens =
      'tokens.accessToken tokens.refreshToken tokens.idToken tokens.scope tokens.issuedAt tokens.expiresAt';
    expect(fieldsOf(unsealed)).toEqual({
      device: words('id createdAt browser platform'),
      flow: words('state nonce verifier browser returnTo iat'),
      hint: words('idToken reference'),
      metadata: words('documents.discovery documents.jwks'),
      record: words(`sub sid gen providerSid ${claims('claims')} ${tokens}`),
      session: words(`sub sid prs psn brw gen iat tis tex rnw idl abs scp acr aut ${claims('clm')}`),
      trips: words('times'),
    });
    const { SESSION_SECRET = '', UPSTASH_REDIS_REST_TOKEN = '' } = world.env;
    expect(holdersOf(unsealed, [...world.provider.secrets, SESSION_SECRET, UPSTASH_REDIS_REST_TOKEN])).toEqual([
      'flow verifier',
      'hint idToken',
      'record tokens.accessToken',
      'record tokens.idToken',
      'record tokens.refreshToken',
    ]);
  });
});
