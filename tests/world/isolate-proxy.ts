import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, sep } from 'node:path';
import { Readable } from 'node:stream';
import { compileFunction } from 'node:vm';
import type { RealmClock } from './clock';
import { type Isolate, type IsolateOptions, outward, pendingWork } from './isolate';
import { worldFetch } from './network';

/** What the stories run against: here the gate as `next build` made it of a `proxy.ts`, on Node itself. */
export const KIND = 'proxy';

/** Where `local/story-site.mjs` builds the site of the stories with its `middleware.ts` renamed. */
export const build = join(import.meta.dirname, '../../.artifacts/proxy/.next');
const server = join(build, 'server') + sep;

interface Proxy {
  default(event: unknown): Promise<{ response: Response; waitUntil: Promise<unknown> }>;
}

export async function startIsolate(options: IsolateOptions): Promise<Isolate> {
  globalThis.fetch = worldFetch as typeof fetch;
  const proxy = (await loadFresh(join(server, 'middleware.js'), options)) as Proxy;
  const { config } = JSON.parse(readFileSync(join(build, 'required-server-files.json'), 'utf8'));
  const { basePath, i18n, trailingSlash, experimental } = config;
  const { waitUntil, settled } = pendingWork();

  return {
    settled,
    /** As `runMiddleware` of `next/dist/server/next-server.js` does it. */
    async send(request) {
      const { url, method, signal } = request;
      const headers = Object.fromEntries(request.headers);
      const body = request.body ? Readable.fromWeb(request.body as never) : undefined;
      const nextConfig = { basePath, i18n, trailingSlash, experimental };
      const result = await proxy.default({
        handler: proxy,
        request: { url, method, headers, nextConfig, page: {}, body, signal, waitUntil },
        page: 'middleware',
      });
      waitUntil(result.waitUntil);
      return outward(result.response, url);
    },
  };
}

/**
 * Loads the build as Node's loader does, in Node's own realm, except that every isolate gets modules of its own, an
 * environment of its own and its own place for what it logs. Next's code outside of the build is shared, as in a server.
 */
function loadFresh(entry: string, { env, onLog }: IsolateOptions): unknown {
  const loaded = new Map<string, { exports: unknown }>();
  const scope = {
    process: Object.create(process, { env: { value: { NODE_ENV: 'production', ...env } } }),
    console: { ...console, log: onLog, warn: onLog, error: onLog },
  };
  function load(file: string): unknown {
    const known = loaded.get(file);
    if (known) return known.exports;
    const module = { exports: {} };
    loaded.set(file, module);
    const own = createRequire(file);
    const require = Object.assign(
      (name: string) => {
        const target = own.resolve(name);
        return target.startsWith(server) && target.endsWith('.js') ? load(target) : own(name);
      },
      { resolve: own.resolve, cache: own.cache },
    );
    const given = [module.exports, require, module, file, dirname(file), scope.process, scope.console];
    compiled(file).apply(module.exports, given);
    return module.exports;
  }
  return load(entry);
}

type Compiled = ReturnType<typeof compileFunction>;
const functions = new Map<string, Compiled>();

/** The code of a file, compiled once; each isolate runs it anew, in a scope of its own. */
function compiled(file: string): Compiled {
  const parameters = ['exports', 'require', 'module', '__filename', '__dirname', 'process', 'console'];
  const known = functions.get(file) ?? compileFunction(readFileSync(file, 'utf8'), parameters, { filename: file });
  functions.set(file, known);
  return known;
}

/** The clocks of the isolates beside that of the test's own realm, in which they live here. */
export const clocks = (): readonly RealmClock[] => [];
