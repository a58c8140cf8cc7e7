import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Script } from 'node:vm';
import { type Isolate, type IsolateOptions, outward, pendingWork } from './isolate';
import { bodyInRealm, clocks, createStrictVm } from './strict-vm';

/** What the stories run against: here the middleware as `next build` made it, in a VM that has nothing but the web. */
export const KIND = 'bundle';
export { clocks };

type Entry = { default(event: unknown): Promise<{ response: Response; waitUntil: Promise<unknown> }> };

/** The files of a build's middleware, in the order in which they are evaluated. */
export function middlewareFiles(build: string): string[] {
  const manifest = join(build, 'server/middleware-manifest.json');
  if (!existsSync(manifest)) throw new Error(`no build in ${build}: run \`npm test -- unit\``);
  const { middleware } = JSON.parse(readFileSync(manifest, 'utf8')) as {
    middleware: Record<string, { files: string[] }>;
  };
  return (middleware['/']?.files ?? []).map((file) => join(build, file));
}

/** Compiles the middleware of a build; each isolate runs it in a realm of its own. */
export function isolatesOf(build: string): (options: IsolateOptions) => Promise<Isolate> {
  const scripts = middlewareFiles(build).map((file) => new Script(readFileSync(file, 'utf8')));
  return async (options) => {
    const vm = createStrictVm(options);
    for (const script of scripts) script.runInContext(vm.context);
    const entry = (await (vm.context._ENTRIES as Record<string, Entry>).middleware_middleware) as Entry;
    const { waitUntil, settled } = pendingWork();
    const nextConfig = { ...(options.basePath && { basePath: options.basePath }) };

    return {
      settled,
      async send({ url, method, headers, body }) {
        const result = await entry.default({
          request: {
            url,
            method,
            headers: Object.fromEntries(headers),
            nextConfig,
            page: { name: 'middleware' },
            ...(body && { body: bodyInRealm(vm.context, body) }),
            waitUntil,
          },
        });
        waitUntil(result.waitUntil);
        return outward(result.response, url);
      },
    };
  };
}

/** Where `local/story-site.mjs` builds the site of the stories. */
const build = join(import.meta.dirname, '../../.artifacts/middleware/.next');
let ofStories: ReturnType<typeof isolatesOf> | undefined;

export function startIsolate(options: IsolateOptions): Promise<Isolate> {
  ofStories ??= isolatesOf(build);
  return ofStories(options);
}
