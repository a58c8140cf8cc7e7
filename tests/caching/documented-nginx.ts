import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ensureNginx, root } from '../../local/setup.mjs';
import { overTheWire } from '../processes/wires';

const nginx = ensureNginx();

/** Whether this machine has what the documented nginx needs. */
export const hasNginxWithTls = nginx !== undefined && spawnSync('openssl', ['version']).status === 0;

const [documented = ''] = /(?<=^```nginx\n)# \/etc\/nginx[\s\S]*?(?=^```)/m.exec(
  readFileSync(join(root, 'docs/proxies.md'), 'utf8'),
) as readonly string[] | [];

interface Place {
  readonly http: number;
  readonly https: number;
  /** Host and port of the site. */
  readonly upstream: string;
}

export interface DocumentedNginx {
  /** What browsers trust, for Node (`NODE_EXTRA_CA_CERTS`). */
  readonly certificate: string;
  /** The servers as they are, or changed. */
  start(change?: (servers: string) => string): Promise<void>;
  stop(): Promise<void>;
  close(): Promise<void>;
}

/** The nginx of `docs/proxies.md`, with a certificate for `localhost`. */
export function documentedNginx(place: Place): DocumentedNginx {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-tls-'));
  const certificate = certify(folder);
  const servers = adapted(documented, folder, place);
  let stop = async () => {};
  return {
    certificate,
    async start(change = (text) => text) {
      stop = await run(folder, change(servers), place.https);
    },
    stop: () => stop(),
    async close() {
      await stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function certify(folder: string): string {
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', 'site.key'];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  const { status } = spawnSync('openssl', ['req', '-x509', ...key, '-out', 'site.pem', ...subject], { cwd: folder });
  if (status !== 0) throw new Error(`openssl ended with ${status}`);
  return join(folder, 'site.pem');
}

/** The documented file with addresses of this machine; no other line is touched. */
function adapted(text: string, folder: string, { http, https, upstream }: Place): string {
  const places: readonly [string, string][] = [
    ['listen 80;', `listen 127.0.0.1:${http};`],
    ['listen 443 ssl;', `listen 127.0.0.1:${https} ssl;`],
    ['/etc/ssl/your.site.pem', join(folder, 'site.pem')],
    ['/etc/ssl/your.site.key', join(folder, 'site.key')],
    ['127.0.0.1:3000', upstream],
  ];
  const missing = places.filter(([from]) => !text.includes(from));
  if (missing.length > 0) throw new Error(`docs/proxies.md does not have ${missing.join(' | ')}`);
  return places.reduce((all, [from, to]) => all.replaceAll(from, to), text).replaceAll('your.site', 'localhost');
}

async function run(folder: string, servers: string, https: number): Promise<() => Promise<void>> {
  const places = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${name};`);
  const user = process.getuid?.() === 0 ? 'user root;' : '';
  const http = `http { access_log off; ${places.join(' ')}\n${servers} }`;
  writeFileSync(join(folder, 'nginx.conf'), `${user} daemon off; pid nginx.pid;\nevents {}\n${http}`);
  const child = spawn(nginx ?? '', ['-p', folder, '-c', 'nginx.conf', '-e', 'stderr'], { stdio: 'inherit' });
  const exited = once(child, 'exit');
  while (!(await overTheWire(new Request(`https://localhost:${https}/`)).catch(() => null))) {
    if (child.exitCode !== null) throw new Error(`nginx ended with ${child.exitCode}`);
    await delay(50);
  }
  return async () => {
    child.kill('SIGTERM');
    await exited;
  };
}
