import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { dev } from '../../lib/cli/dev';
import { PORTS } from '../../lib/dev-stand/ports.mjs';
import { freePort } from '../../local/site.mjs';
import { claimsOf, client } from './client';
import { site } from './installed';
import { freePorts, isAlive, runDev, startDev } from './run';

const EMBEDDED = { env: { GATEHOUSE_REDIS: 'embedded' } };

describe('gatehouse dev, with nothing but the package and its dependencies', () => {
  it('prints every variable that a site needs, and at the next start the same values', async () => {
    const folder = site();
    const ports = await freePorts();
    const first = await startDev(folder, ports, EMBEDDED);
    expect(first.env()).toEqual({
      SSO_ISSUER: `http://127.0.0.1:${ports[1]}`,
      SSO_CLIENT_ID: 'gatehouse',
      SSO_CLIENT_SECRET: expect.stringMatching(/^[\w-]{43}$/),
      APP_URL: 'http://localhost:3000',
      SSO_SCOPE: 'openid profile email offline_access roles permissions',
      SESSION_SECRET: expect.stringMatching(/^[\w-]{43}$/),
      UPSTASH_REDIS_REST_URL: `http://127.0.0.1:${ports[3]}`,
      UPSTASH_REDIS_REST_TOKEN: expect.stringMatching(/^[\w-]{43}$/),
    });
    expect(await first.stop()).toBe(0);
    const second = await startDev(folder, ports, EMBEDDED);
    expect(second.env()).toEqual(first.env());
    expect(second.errors()).toBe('');
    expect(existsSync(join(folder, '.env.local'))).toBe(false);
  });

  it('writes with --write what .env.local lacks below what is there, once, and says no secret', async () => {
    const before =
      '# mine\nSESSION_SECRET=a-secret-of-the-site-that-stays-as-it-is\nAPP_URL=http://localhost:4000/shop\n';
    const folder = site({ '.env.local': before });
    const ports = [...(await freePorts()), '--write'];
    const first = await startDev(folder, ports, EMBEDDED);
    expect(first.output()).toContain('Site       http://localhost:4000/shop');
    expect(first.output()).toMatch(
      /^Written to \.env\.local: SSO_ISSUER, SSO_CLIENT_ID, SSO_CLIENT_SECRET, SSO_SCOPE, UPSTASH_REDIS_REST_URL, UPSTASH_REDIS_REST_TOKEN$/m,
    );
    const written = readFileSync(join(folder, '.env.local'), 'utf8');
    expect(written.startsWith(before)).toBe(true);
    expect(first.env()).toEqual({});
    await first.stop();
    const second = await startDev(folder, ports, EMBEDDED);
    expect(second.output()).toContain('.env.local has every variable that the site needs.');
    expect(readFileSync(join(folder, '.env.local'), 'utf8')).toBe(written);
  });

  it('keeps to .env.local when the state is lost, and signs in with the secret that is there', async () => {
    const folder = site();
    const ports = [...(await freePorts()), '--write'];
    await (await startDev(folder, ports, EMBEDDED)).stop();
    const again = await startDev(folder, [...ports, '--reset'], EMBEDDED);
    expect(again.output()).toContain('.env.local has every variable');
    const env = Object.fromEntries(
      [...readFileSync(join(folder, '.env.local'), 'utf8').matchAll(/^(\w+)='?([^'\n]*)/gm)].map(([, name, value]) => [
        name,
        value,
      ]),
    );
    expect((await client(env).signIn('budi')).error).toBeUndefined();
    expect(await client(env).redis('PING')).toBe('PONG');
  });

  it('takes base path, page after a sign-out and further claims into the variables', async () => {
    const people = JSON.stringify([{ sub: 'dewi', name: 'Dewi', claims: { department: 'sales' } }]);
    const folder = site({
      'gatehouse.people.json': people,
      'next.config.ts': "// basePath: '/old'\nexport default { basePath: '/shop' };",
    });
    const started = await startDev(folder, [...(await freePorts()), '--post-logout', '/bye'], EMBEDDED);
    expect(started.env()).toMatchObject({
      APP_URL: 'http://localhost:3000/shop',
      SSO_POST_LOGOUT_URI: 'http://localhost:3000/shop/bye',
      SESSION_CLAIMS: expect.stringMatching(/^name,.*,department$/),
    });
  });

  it('adds no APP_URL where redirect URI and page after a sign-out are said, and registers these', async () => {
    const said =
      'SSO_REDIRECT_URI=http://localhost:5000/auth/callback\nSSO_POST_LOGOUT_URI=http://localhost:5000/bye\n';
    const started = await startDev(site({ '.env.local': said }), await freePorts(), EMBEDDED);
    expect(started.output()).toContain('Site       http://localhost:5000\n');
    expect(started.output()).not.toContain('Note:');
    const { SSO_ISSUER, SSO_CLIENT_ID = '', APP_URL } = started.env();
    expect(APP_URL).toBeUndefined();
    const query = new URLSearchParams({
      client_id: SSO_CLIENT_ID,
      post_logout_redirect_uri: 'http://localhost:5000/bye',
    });
    expect((await fetch(`${SSO_ISSUER}/connect/logout?${query}`)).status).toBe(200);
  });

  it('names in a note the addresses of the port that the site has left', async () => {
    const said =
      'SSO_REDIRECT_URI=http://localhost:3000/auth/callback\nSSO_POST_LOGOUT_URI=http://localhost:3000/bye\n';
    const folder = site({ '.env.local': said });
    const options = [...(await freePorts()), '--app-url', 'http://localhost:3001'];
    const started = await startDev(folder, options, EMBEDDED);
    expect(started.output()).toMatch(/another SSO_REDIRECT_URI .* write http:\/\/localhost:3001\/auth\/callback there/);
    expect(started.output()).toMatch(/another SSO_POST_LOGOUT_URI .* write http:\/\/localhost:3001 there/);
  });

  it('names in a note what leads the site elsewhere, and leaves it', async () => {
    const folder = site({ '.env.local': 'SSO_ISSUER=https://sso.example.com\nSSO_CLIENT_SECRET=of-that-provider\n' });
    const started = await startDev(folder, [...(await freePorts()), '--write'], EMBEDDED);
    expect(started.output()).toContain('Note: .env.local has another SSO_ISSUER (https://sso.example.com).');
    expect(started.output()).not.toContain('of-that-provider');
  });
});

describe.each([
  ['the embedded engine', EMBEDDED],
  ['a redis-server where there is one', { env: {} }],
])('a restart of gatehouse dev with %s', (_, options) => {
  it('keeps the sign-in at the provider, its refresh tokens and keys, and what is in Redis', async () => {
    const folder = site();
    const ports = await freePorts();
    const first = await startDev(folder, ports, options);
    const person = client(first.env());
    const before = await person.signIn('budi');
    const renewed = await person.refresh(before.refresh_token);
    await person.redis('SET', 'kept', 'yes', 'EX', '600');
    await person.redis('HSET', 'hash', 'field', 'value');
    await person.redis('ZADD', 'sorted', '2', 'b', '1', 'a');
    expect(await first.stop()).toBe(0);

    const second = await startDev(folder, ports, options);
    expect(await person.userinfo(renewed)).toMatchObject({ sub: 'budi', roles: ['admin'] });
    const after = await person.refresh(renewed.refresh_token);
    expect(claimsOf(after.id_token)).toMatchObject({ sub: 'budi', sid: claimsOf(before.id_token).sid });
    expect((await person.signIn('ana', { prompt: 'none' })).isAsked).toBe(false);
    expect(await person.redis('GET', 'kept')).toBe('yes');
    expect(await person.redis('TTL', 'kept')).toBeLessThanOrEqual(600);
    expect(await person.redis('HGET', 'hash', 'field')).toBe('value');
    expect(await person.redis('ZRANGE', 'sorted', '0', '-1', 'WITHSCORES')).toEqual(['a', '1', 'b', '2']);
    await second.stop();

    const third = await startDev(folder, [...ports, '--reset'], options);
    const forgotten = client(third.env());
    expect(await forgotten.redis('GET', 'kept')).toBeNull();
    expect((await forgotten.refresh(after.refresh_token)).error).toBe('invalid_grant');
  });
});

const isListening = (port: number) =>
  new Promise<boolean>((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(true));
    socket.once('error', () => resolve(false)).once('connect', () => socket.destroy());
  });

describe('the process of gatehouse dev', () => {
  it.each([['embedded'], ['']])('ends on Ctrl-C with all that it started (GATEHOUSE_REDIS=%s)', async (kind) => {
    const started = await startDev(site(), await freePorts(), { env: { GATEHOUSE_REDIS: kind } });
    expect(await started.stop('SIGINT', -started.pid)).toBe(0);
    expect(isAlive(-started.pid)).toBe(false);
    expect(started.errors()).toBe('');
  });

  it('saves once although npm passes the signal of the terminal on', async () => {
    const folder = site();
    const ports = await freePorts();
    const started = await startDev(folder, ports);
    await client(started.env()).redis('SET', 'kept', 'yes');
    process.kill(started.pid, 'SIGINT');
    expect(await started.stop('SIGINT')).toBe(0);
    const again = await startDev(folder, ports);
    expect(await client(again.env()).redis('GET', 'kept')).toBe('yes');
  });

  it('that was killed leaves a redis-server, which the next start ends: it keeps what that held, or forgets it', async () => {
    const folder = site();
    const ports = await freePorts();
    const killed = async (options: readonly string[], value: string) => {
      const started = await startDev(folder, [...ports, ...options]);
      const { redis } = client(started.env());
      const kept = await redis('GET', 'kept');
      await redis('SET', 'kept', value);
      const [, port] = /^tcp_port:(\d+)/m.exec(String(await redis('INFO', 'server'))) ?? [];
      await started.stop('SIGKILL');
      return { kept, port: Number(port) };
    };
    const first = await killed([], 'first');
    expect(await isListening(first.port)).toBe(true);
    const second = await killed([], 'second');
    expect([second.kept, await isListening(first.port)]).toEqual(['first', false]);
    const third = await startDev(folder, [...ports, '--reset']);
    expect([await client(third.env()).redis('GET', 'kept'), await isListening(second.port)]).toEqual([null, false]);
    expect(await third.stop()).toBe(0);
    const fourth = await startDev(folder, ports);
    expect(await client(fourth.env()).redis('GET', 'kept')).toBeNull();
  });

  it('keeps its state where only the owner reads it, and starts anew when it is corrupt', async () => {
    const folder = site();
    const ports = await freePorts();
    const state = join(folder, `node_modules/.cache/next-gatehouse/dev-${ports[1]}`);
    await (await startDev(folder, ports)).stop();
    const modeOf = (path: string) => statSync(path).mode & 0o777;
    expect([modeOf(state), modeOf(join(state, 'state.json'))]).toEqual([0o700, 0o600]);
    for (const file of ['state.json', 'redis.rdb']) writeFileSync(join(state, file), '{"version":1,');
    const again = await startDev(folder, ports);
    expect(again.output()).toMatch(/^The state of the last start cannot be read and is left out/);
    expect((await client(again.env()).signIn('ana')).error).toBeUndefined();
    expect(await client(again.env()).redis('PING')).toBe('PONG');
  });

  it('says of a Redis of REDIS_URL that does not answer what to do', async () => {
    const redis = await freePort(0);
    const env = { REDIS_URL: `redis://:a-password@127.0.0.1:${redis}` };
    const { status, stdout, stderr } = await runDev(site(), await freePorts(), { env });
    const said = 'gatehouse: the Redis of REDIS_URL cannot be used (ECONNREFUSED). Start it, or unset REDIS_URL.\n';
    expect([status, stdout, stderr]).toEqual([1, '', said]);
  });

  it('refuses to run in production', async () => {
    const { status, stderr } = await runDev(site(), [], { env: { NODE_ENV: 'production' } });
    expect([status, stderr]).toEqual([1, expect.stringMatching(/^gatehouse: .* NODE_ENV is production\.\n$/)]);
  });

  it.each([
    [['--app-url', 'http://shop.example'], /^--app-url must be https, or http on a loopback host/],
    [['--provider-port', '0'], /^--provider-port must be a whole number from 1 to 65535/],
    [['--access-token-seconds', 'soon'], /^--access-token-seconds must be a whole number/],
    [['--post-logout', '//bye'], /^--post-logout must be a path of the site/],
    [['--people', 'absent.json'], /^there is no file .*absent\.json \(--people\)/],
    [['one', 'two'], /takes one folder/],
    [['nowhere'], /^there is no package\.json in .*nowhere/],
  ])('refuses the arguments %s', async (args, message) => {
    const said = expect.objectContaining({ name: 'CommandError', message: expect.stringMatching(message) });
    await expect(dev(args, () => {})).rejects.toEqual(said);
  });
});

/** Takes a port until it is closed, unless another program has it. */
const take = (port: number) =>
  new Promise<ReturnType<typeof createServer>>((resolve) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', () => resolve(server));
    server.listen(port, '127.0.0.1', () => resolve(server));
  });

describe('a port that is taken', () => {
  it('of another gatehouse dev is named with the site that it serves', async () => {
    const ports = await freePorts();
    await startDev(site(), [...ports, '--app-url', 'http://localhost:4321'], EMBEDDED);
    const { status, stdout, stderr } = await runDev(site(), ports, EMBEDDED);
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(
      new RegExp(
        `^gatehouse: port ${ports[1]} is in use by another \`gatehouse dev\`, for the site at http://localhost:4321/\\. Stop it, or .*SESSION_COOKIE_NAME .*--provider-port \\d+ --redis-port \\d+\n$`,
      ),
    );
  });

  it.each(['provider', 'redis'] as const)('of another program is named: that of the %s', async (which) => {
    const ports = await freePorts();
    const port = ports[which === 'provider' ? 1 : 3];
    const server = await take(Number(port));
    const { status, stderr } = await runDev(site(), ports);
    server.close();
    expect(status).toBe(1);
    expect(stderr).toMatch(
      new RegExp(`port ${port}, which .* needs, is in use by another program\\. .*--${which}-port \\d+\n$`),
    );
  });

  it('is a fixed one when no other is asked for', async () => {
    const servers = [await take(PORTS.provider), await take(PORTS.redis)];
    const free = await freePorts();
    const provider = await runDev(site(), free.slice(2), EMBEDDED);
    const redis = await runDev(site(), free.slice(0, 2), EMBEDDED);
    for (const server of servers) server.close();
    expect(provider.stderr).toContain(`port ${PORTS.provider}`);
    expect(redis.stderr).toContain(`port ${PORTS.redis}`);
  });
});
