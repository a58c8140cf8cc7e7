/**
 * Where the site's own middleware (`then`) rewrites requests to, found by calling it. It runs in a worker, so that a module
 * that never ends, opens connections or changes globals leaves nothing behind in the command, and without a network.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { OWN_REWRITES_MS } from '../timing.ts';
import { readManifest } from './manifests.ts';

/** A request that the site's own middleware is called with. */
export interface Call {
  /** Within the site, without base path and locale. */
  readonly path: string;
  readonly method: string;
}

/** What it did with one. */
export interface Outcome extends Call {
  /** The paths on this site, or addresses of another origin, that it rewrote to. */
  readonly ends: readonly string[];
  /** The class of what it threw. */
  readonly thrown?: string;
}

/** What could be found out about the site's own middleware. */
export interface OwnRewrites {
  readonly file: string;
  readonly outcomes: readonly Outcome[];
  /** Why none of it, or not all of it, could be found out. */
  readonly unknown?: string;
  /** Headers and cookies that it looked at, whose values cannot be known. */
  readonly reads: readonly string[];
  /** Whether it asked for something over the network, which it did not get. */
  readonly fetches: boolean;
}

/** What the worker is started with. */
export interface Work {
  readonly file: string;
  readonly folder: string;
  readonly calls: readonly Call[];
  readonly locales: readonly string[];
  readonly nextConfig: NextConfig;
}

/** What the worker says. */
export type Message =
  | { readonly outcome: Outcome }
  | { readonly unknown: string }
  | { readonly read: string }
  | { readonly fetches: true }
  | { readonly done: true };

/** As Next hands it to a middleware with the request. */
export interface NextConfig {
  readonly basePath: string;
  readonly i18n?: { readonly locales: readonly string[]; readonly defaultLocale: string };
  readonly trailingSlash: boolean;
}

const MAX_CALLS = 2_000;

const NAMES = ['middleware', 'proxy'].flatMap((name) =>
  ['ts', 'tsx', 'mts', 'js', 'jsx', 'mjs'].map((extension) => `${name}.${extension}`),
);

/**
 * @param calls requests that may come through to the site
 * @returns nothing where there is no middleware, which the command says elsewhere
 */
export async function ownRewrites(
  folder: string,
  build: string,
  calls: readonly Call[],
  locales: readonly string[],
): Promise<OwnRewrites | undefined> {
  const file = [folder, join(folder, 'src')]
    .flatMap((place) => NAMES.map((name) => join(place, name)))
    .find((path) => existsSync(path));
  if (file === undefined) return undefined;
  const work: Work = { file, folder, calls: calls.slice(0, MAX_CALLS), locales, nextConfig: nextConfigOf(build) };
  const messages = await messagesOf(work);
  const [unknown] = messages.flatMap((message) => ('unknown' in message ? [message.unknown] : []));
  const tooMany = calls.length > MAX_CALLS ? `of ${calls.length} paths ${MAX_CALLS} were tried` : undefined;
  const found = unknown ?? tooMany;
  return {
    file,
    outcomes: messages.flatMap((message) => ('outcome' in message ? [message.outcome] : [])),
    reads: [...new Set(messages.flatMap((message) => ('read' in message ? [message.read] : [])))].sort(),
    fetches: messages.some((message) => 'fetches' in message),
    ...(found !== undefined && { unknown: found }),
  };
}

function nextConfigOf(build: string): NextConfig {
  const { basePath = '', i18n } = readManifest(build, 'routes-manifest.json');
  const { config } = readManifest(build, 'required-server-files.json');
  return { basePath, trailingSlash: config?.trailingSlash === true, ...(i18n && { i18n }) };
}

/** Its output is dropped: what a middleware logs is no part of what the command says. */
function messagesOf(work: Work): Promise<Message[]> {
  const messages: Message[] = [];
  const worker = new Worker(new URL('./own-worker.js', import.meta.url), {
    workerData: work,
    stdout: true,
    stderr: true,
  });
  worker.stdout.resume();
  worker.stderr.resume();
  return new Promise((resolve) => {
    let isOver = false;
    const finish = (unknown?: string) => {
      if (isOver) return; // the end of the worker itself is another event
      isOver = true;
      clearTimeout(timer);
      if (unknown !== undefined) messages.push({ unknown });
      void worker.terminate().then(() => resolve(messages));
    };
    const timer = setTimeout(() => finish(`it did not end within ${OWN_REWRITES_MS / 1000} seconds`), OWN_REWRITES_MS);
    worker.on('message', (message: Message) => {
      if ('done' in message) finish();
      else messages.push(message);
    });
    worker.on('error', (error: unknown) => finish(`it failed outside of a request (${classOf(error)})`));
    worker.on('exit', () => finish('it ended the process'));
  });
}

/** A message may hold what the site keeps secret. */
export const classOf = (error: unknown): string => (error instanceof Error ? error.constructor.name : typeof error);
