import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

export interface CachingProxy {
  readonly url: string;
  close(): Promise<void>;
}

interface Options {
  /** The program. */
  readonly nginx: string;
  readonly port: number;
  /** What it stands in front of: scheme, host and port. */
  readonly upstream: string;
  /** The one thing that it goes by. */
  readonly obeys?: 'Cache-Control' | 'Vary';
}

const PATIENCE_MS = 10_000;

/** nginx as a shared cache in front of a site, with an empty cache and everything it writes in a folder of its own. */
export async function startCachingProxy({
  nginx,
  port,
  upstream,
  obeys = 'Cache-Control',
}: Options): Promise<CachingProxy> {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-nginx-'));
  writeFileSync(join(folder, 'nginx.conf'), configuration(port, upstream, RULES[obeys]));
  const said: string[] = [];
  const child = spawn(nginx, ['-p', folder, '-c', 'nginx.conf', '-e', 'stderr'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  child.stderr.on('data', (chunk: Buffer) => said.push(chunk.toString()));
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', (error) => {
      said.push(error.message);
      resolve();
    });
  });
  const end = () => void child.kill('SIGTERM'); // SIGKILL would leave its workers behind
  process.on('exit', end);
  const close = async () => {
    end();
    await exited;
    process.off('exit', end);
    rmSync(folder, { recursive: true, force: true });
  };
  const started = await Promise.race([listens(port), exited.then(() => false)]);
  if (started) return { url: `http://localhost:${port}`, close };
  await close();
  throw new Error(`nginx did not start\n${said.join('')}`);
}

/**
 * `Cache-Control`: an honest cache that makes the least of everything else. There is no `proxy_cache_valid`, `Vary` is not
 * looked at, as in many a CDN, and an answer that sets a cookie is kept if its `Cache-Control` allows it, as RFC 9111 §7.3
 * does and nginx by itself would not. Errors too.
 *
 * `Vary`: a cache that was told to keep everything, whatever the site says, as people do who want their site to be fast.
 */
const RULES = {
  'Cache-Control': 'proxy_ignore_headers Set-Cookie Vary;',
  Vary: 'proxy_ignore_headers Cache-Control Expires; proxy_cache_valid any 10m;',
} as const;

/** The key knows no cookie. */
const configuration = (port: number, upstream: string, rules: string) => `
${process.getuid?.() === 0 ? 'user root;' : ''}
daemon off;
worker_processes 1;
pid nginx.pid;
error_log stderr warn;
events { worker_connections 256; }
http {
  access_log off;
  keepalive_timeout 0;
  client_body_temp_path body;
  proxy_temp_path proxy;
  fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi;
  scgi_temp_path scgi;
  proxy_cache_path cache keys_zone=site:1m use_temp_path=off;
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass ${upstream};
      proxy_http_version 1.1;
      proxy_set_header Host $http_host;
      proxy_set_header Connection "";
      proxy_buffer_size 32k;
      proxy_buffers 8 32k;
      proxy_cache site;
      proxy_cache_key $scheme$request_method$host$request_uri;
      proxy_cache_methods GET HEAD;
      proxy_cache_convert_head off;
      ${rules}
      add_header X-Cache-Status $upstream_cache_status always;
    }
  }
}
`;

async function listens(port: number): Promise<boolean> {
  for (const end = Date.now() + PATIENCE_MS; Date.now() < end; await delay(20)) if (await accepts(port)) return true;
  return false;
}

const accepts = (port: number) =>
  new Promise<boolean>((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
