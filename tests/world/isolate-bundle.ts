import { AsyncLocalStorage } from 'node:async_hooks';
import { Buffer } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { EdgeVM } from '@edge-runtime/vm';
import { installClock } from './clock';
import { type Isolate, type IsolateOptions, pendingWork } from './isolate';
import { worldFetch } from './network';

/** What the stories run against: here the middleware as `next build` made it, in a VM that has nothing but the web. */
export const KIND = 'bundle';

const build = join(import.meta.dirname, '../../.next');
const manifest = JSON.parse(readFileSync(join(build, 'server/middleware-manifest.json'), 'utf8')) as {
  middleware: Record<string, { files: string[] }>;
};
const files = manifest.middleware['/']?.files ?? [];
const scripts = files.map((file) => readFileSync(join(build, file), 'utf8'));

/** The only Node modules that Vercel's Edge runtime knows and that this bundle may ask for. */
const modules: Record<string, unknown> = { 'node:buffer': { Buffer }, 'node:async_hooks': { AsyncLocalStorage } };
const clocks = new Set<(milliseconds: number) => void>();
let ahead = 0;

type Entry = { default(event: unknown): Promise<{ response: Response; waitUntil: Promise<unknown> }> };

export async function startIsolate({ env, basePath, onLog }: IsolateOptions): Promise<Isolate> {
  if (files.length === 0) throw new Error('no middleware in .next: run `next build` first');
  const vm = new EdgeVM({ codeGeneration: { strings: false, wasm: false } });
  const { context } = vm;
  Object.assign(context, {
    self: context,
    AsyncLocalStorage,
    process: { env: { NODE_ENV: 'production', ...env } },
    console: { ...console, log: onLog, warn: onLog, error: onLog },
    fetch: async (input: unknown, init: object) => inRealm(context, await worldFetch(input, init)),
    require(name: string) {
      if (!(name in modules)) throw new Error(`the Edge runtime has no module ${name}`);
      return modules[name];
    },
  });
  const setClock = vm.evaluate(`(${installClock})(globalThis)`) as (milliseconds: number) => void;
  setClock(ahead);
  clocks.add(setClock);
  for (const script of scripts) vm.evaluate(script);
  const entry = (await (context._ENTRIES as Record<string, Entry>).middleware_middleware) as Entry;
  const { waitUntil, settled } = pendingWork();

  return {
    settled,
    async send(request) {
      const { url, method } = request;
      const headers = Object.fromEntries(request.headers);
      const result = await entry.default({
        request: {
          url,
          method,
          headers,
          nextConfig: { ...(basePath && { basePath }) },
          page: { name: 'middleware' },
          waitUntil,
        },
      });
      waitUntil(result.waitUntil);
      const passed = result.response.headers.has('x-middleware-next');
      const body = passed ? `the site's page ${new URL(url).pathname}` : await result.response.text();
      const outward = new Headers();
      result.response.headers.forEach((value, name) => {
        if (name !== 'set-cookie') outward.append(name, value);
      });
      for (const cookie of result.response.headers.getSetCookie()) outward.append('set-cookie', cookie);
      return new Response(body || null, { status: result.response.status, headers: outward });
    },
  };
}

/** Moves the clock of every isolate: each VM has a `Date` of its own. */
export function setClockOffset(milliseconds: number): void {
  ahead = milliseconds;
  for (const set of clocks) set(milliseconds);
}

/** An answer in the VM's own classes. A body that breaks off here breaks off there. */
function inRealm(context: EdgeVM['context'], { status, headers, body }: Response): Response {
  if (!body) return new context.Response(null, { status, headers: [...headers] });
  const reader = body.getReader();
  const stream = new context.ReadableStream({
    async pull(controller: ReadableStreamDefaultController) {
      try {
        const { done, value } = await reader.read();
        if (done) controller.close();
        else controller.enqueue(context.Uint8Array.from(value));
      } catch {
        controller.error(new context.TypeError('terminated'));
      }
    },
  });
  return new context.Response(stream, { status, headers: [...headers] });
}
