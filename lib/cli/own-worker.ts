/** The worker of `own-rewrites.ts`: loads the site's middleware and calls its `then`. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { OWN } from '../next/own-symbol.ts';
import { OWN_REWRITE_MS } from '../timing.ts';
import { defaultOf, loadModule, reasonOf } from './load-config.ts';
import { isTried, ORIGIN, observed, RANDOM, type RequestClass, type Tried, triedOf } from './own-request.ts';
import { type Call, classOf, type Message, type Outcome, type Work } from './own-rewrites.ts';

type Own = (request: Request, event: object) => unknown;

const work = workerData as Work;
const say = (message: Message) => parentPort?.postMessage(message);

Object.assign(globalThis, {
  AsyncLocalStorage, // as Next has it for its own modules
  fetch: () => {
    say({ fetches: true });
    return Promise.reject(new TypeError('fetch failed'));
  },
});
process.on('unhandledRejection', () => {}); // of work that goes on behind an answer

async function run(): Promise<void> {
  const own = await loaded();
  if (typeof own === 'string') say({ unknown: own });
  if (typeof own !== 'function') return;
  // The site's own copy of Next, of whose class its middleware may ask.
  const { NextRequest } = createRequire(join(work.folder, 'package.json'))('next/server');
  for (const call of work.calls) say({ outcome: await outcomeOf(own as Own, call, NextRequest) });
}

/** The site's own middleware; a sentence when it cannot be had, and undefined when there is none. */
async function loaded(): Promise<unknown> {
  try {
    const module = await loadModule(work.file, work.folder);
    const gate = defaultOf(module) ?? module.middleware ?? module.proxy;
    return typeof gate === 'function' && OWN in gate ? gate[OWN] : 'its export is not what `gatehouse()` returns';
  } catch (error) {
    return `it does not load outside of the bundler: ${reasonOf(error)}`;
  }
}

/** Called with nothing that it could depend on, then with what it has looked at where the values are known. */
async function outcomeOf(own: Own, call: Call, Class: RequestClass): Promise<Outcome> {
  const reads = new Set<string>();
  const ends = new Set<string>();
  let thrown: string | undefined;
  const attempt = async (tried: Tried) => {
    const looksAt = (name: string) => reads.add(name);
    try {
      const end = endOf(await answerTo(own, observed(call, tried, work.nextConfig, Class, looksAt), tried, looksAt));
      if (end !== undefined && tried.host === undefined) ends.add(end);
      return end;
    } catch (error) {
      thrown ??= classOf(error);
      return undefined;
    }
  };
  const bare = await attempt({});
  for (const tried of triedOf(reads, work.locales)) {
    const end = await attempt(tried);
    if (tried.host !== undefined && end !== bare) say({ read: 'header host' });
  }
  for (const name of reads) if (!isTried(name, work.locales)) say({ read: name });
  return { ...call, ends: [...ends], ...(thrown !== undefined && { thrown }) };
}

class Timeout extends Error {}

async function answerTo(own: Own, request: Request, { random = 0.01 }: Tried, looksAt: (name: string) => void) {
  const real = Math.random;
  Math.random = () => {
    looksAt(RANDOM);
    return random;
  };
  const waitUntil = (promise: unknown) => void Promise.resolve(promise).catch(() => {});
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Timeout()), OWN_REWRITE_MS);
  });
  try {
    return await Promise.race([own(request, { waitUntil, passThroughOnException() {} }), late]);
  } finally {
    clearTimeout(timer);
    Math.random = real;
  }
}

/** Where an answer rewrites to: a path of the site without base path and locale, or an address of another origin. */
function endOf(answer: unknown): string | undefined {
  const rewrite = answer instanceof Response ? answer.headers.get('x-middleware-rewrite') : null;
  if (rewrite === null) return undefined;
  const { basePath, i18n } = work.nextConfig;
  const { origin, pathname, href } = new URL(rewrite, ORIGIN);
  if (origin !== ORIGIN) return href;
  if (basePath && pathname !== basePath && !pathname.startsWith(`${basePath}/`)) return undefined; // a 404
  const path = pathname.slice(basePath.length) || '/';
  const [, first = ''] = path.split('/');
  return i18n?.locales.includes(first) ? path.slice(first.length + 1) || '/' : path;
}

await run();
say({ done: true });
