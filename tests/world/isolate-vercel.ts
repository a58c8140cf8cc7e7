import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Script } from 'node:vm';
import { type Isolate, type IsolateOptions, outward, pendingWork } from './isolate';
import { bodyInRealm, clocks, createStrictVm } from './strict-vm';

/** What the stories run against: here the edge function that `vercel build` made, called as Vercel calls it. */
export const KIND = 'vercel';
export { clocks };

/** Where `local/vercel.mjs` leaves what would be uploaded. */
export const output = join(import.meta.dirname, '../../.artifacts/vercel/.vercel/output');

interface EdgeFunction {
  readonly runtime: string;
  readonly entrypoint: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** Read late, because where the CLI cannot be installed the stories are skipped, not broken. */
export function readFunction(): EdgeFunction & { readonly source: string } {
  const folder = join(output, 'functions/middleware.func');
  if (!existsSync(folder)) throw new Error('no output of `vercel build`: run `node local/vercel.mjs` first');
  const config = JSON.parse(readFileSync(join(folder, '.vc-config.json'), 'utf8')) as EdgeFunction;
  return { ...config, source: readFileSync(join(folder, config.entrypoint), 'utf8') };
}

type Handler = (request: Request, context: { waitUntil(work: Promise<unknown>): void }) => Promise<Response>;

let cached: { readonly environment: EdgeFunction['environment']; readonly script: Script } | undefined;

export async function startIsolate({ env, onLog }: IsolateOptions): Promise<Isolate> {
  cached ??= compiled();
  const vm = createStrictVm({ env: { ...cached.environment, ...env }, onLog });
  const handler = cached.script.runInContext(vm.context) as Handler;
  const { waitUntil, settled } = pendingWork();

  return {
    settled,
    async send({ url, method, headers, body }) {
      const init = { method, headers: [...headers], body: bodyInRealm(vm.context, body), duplex: 'half' };
      const received = new vm.context.Request(url, init);
      return outward(await handler(received, { waitUntil }), url);
    },
  };
}

/** Compiled once; each isolate runs it in a realm of its own. */
function compiled() {
  const { environment, source } = readFunction();
  return { environment, script: new Script(asScript(source)) };
}

/**
 * A VM without a flag of Node's takes scripts only, and the function is a module with one export. What else tells them
 * apart is kept: strict mode, a scope of its own, no `this`.
 */
function asScript(module: string): string {
  const parts = module.split(/^\s*export default (?=\(function)/m);
  if (parts.length !== 2) throw new Error('the function of `vercel build` has another form than one default export');
  return `(function () { 'use strict';${parts.join('\nreturn ')}\n}).call(undefined)`;
}
