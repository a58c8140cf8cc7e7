import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { connect as connectTo } from 'node:net';
import { expect, it } from 'vitest';
import { connect, startRedisServer } from '../../lib/dev-redis/real.mjs';
import { startBackend } from '../../local/backend.mjs';
import { freePort } from '../../local/site.mjs';

it('the API of the stand outlives an upload that breaks off', async () => {
  const backend = await startBackend();
  const { port } = new URL(backend.url);
  const socket = connectTo(Number(port), '127.0.0.1');
  socket.write('POST / HTTP/1.1\r\nHost: api\r\nContent-Length: 100\r\n\r\nabc');
  await new Promise((resolve) => setTimeout(resolve, 50));
  socket.destroy();
  await once(socket, 'close');
  expect(await (await fetch(backend.url, { method: 'POST', body: 'whole' })).json()).toMatchObject({
    body: { text: 'whole' },
  });
  await backend.close();
});

it('a redis-server that has ended by itself, as with Ctrl-C in a terminal, can be stopped all the same', async () => {
  const server = await startRedisServer();
  if (!server) return; // the embedded engine is no process
  const client = await connect(server.url);
  await client.send(['SHUTDOWN', 'NOSAVE']).catch(() => {}); // there is no answer to that
  await client.close().catch(() => {});
  await new Promise((resolve) => setTimeout(resolve, 200));
  await server.stop();
});

it('a redis-server of our own answers nothing to a client without its password, which no command line shows', async () => {
  const server = await startRedisServer();
  if (!server) return; // the embedded engine has no port of its own
  const { port, password } = new URL(server.url);
  const socket = connectTo(Number(port), '127.0.0.1');
  socket.write('KEYS *\r\n');
  const [answer] = await once(socket, 'data');
  socket.destroy();
  const { stdout } = spawnSync('ps', ['-eo', 'args'], { encoding: 'utf8' });
  await server.stop();
  expect(String(answer)).toMatch(/^-NOAUTH /);
  expect(password).toMatch(/^[\w-]{32}$/);
  expect(stdout).toContain('redis-server');
  expect(stdout).not.toContain(password);
});

it('no port is given twice, to another process neither, nor one that the system gives by itself', async () => {
  const FEW = 200;
  const program = `
    import { freePort } from '${new URL('../../local/site.mjs', import.meta.url).href}';
    const ports = [];
    while (ports.length < ${FEW}) ports.push(await freePort(0));
    process.stdout.write(JSON.stringify(ports));
    setInterval(() => {}, 1_000);
  `;
  const other = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  other.stdout.on('data', (text) => {
    said += text;
  });
  try {
    const ours = await Promise.all(Array.from({ length: FEW }, () => freePort(0)));
    await expect.poll(() => said, { timeout: 10_000 }).toMatch(/]$/);
    const all = [...ours, ...(JSON.parse(said) as number[])];
    expect(new Set(all).size).toBe(2 * FEW);
    expect(Math.max(...all)).toBeLessThan(32_768);
  } finally {
    other.kill();
  }
});
