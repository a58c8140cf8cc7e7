import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Script } from 'node:vm';
import { type Isolate, type IsolateOptions, outward, pendingWork } from './isolate';
import { clocks, createStrictVm } from './strict-vm';

/** What the stories run against: here the middleware as `next build` made it, in a VM that has nothing but the web. */
export const KIND = 'bundle';
export { clocks };

const build = join(import.meta.dirname, '../../.next');
const manifest = JSON.parse(readFileSync(join(build, 'server/middleware-manifest.json'), 'utf8')) as {
  middleware: Record<string, { files: string[] }>;
};
const files = manifest.middleware['/']?.files ?? [];
const scripts = files.map((file) => new Script(readFileSync(join(build, file), 'utf8')));

type Entry = { default(event: unknown): Promise<{ response: Response; waitUntil: Promise<unknown> }> };

export async function startIsolate(options: IsolateOptions): Promise<Isolate> {
  if (files.length === 0) throw new Error('no middleware in .next: run `next build` first');
  const vm = createStrictVm(options);
  for (const script of scripts) script.runInContext(vm.context);
  const entry = (await (vm.context._ENTRIES as Record<string, Entry>).middleware_middleware) as Entry;
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
          nextConfig: { ...(options.basePath && { basePath: options.basePath }) },
          page: { name: 'middleware' },
          waitUntil,
        },
      });
      waitUntil(result.waitUntil);
      return outward(result.response, url);
    },
  };
}
