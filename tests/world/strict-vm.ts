import { Buffer } from 'node:buffer';
import { EdgeVM } from '@edge-runtime/vm';
import { AsyncLocalStorage } from './async-storage';
import { installClock, type RealmClock } from './clock';
import type { IsolateOptions } from './isolate';
import { worldFetch } from './network';

/** As on Edge runtimes that bring a polyfill of it, which does not know `base64url`. */
const PolyfilledBuffer = new Proxy(Buffer, {
  get: (target, name) => (name === 'from' ? from : Reflect.get(target, name)),
});
function from(text: string, encoding: BufferEncoding): Buffer {
  if (encoding === 'base64url') throw new TypeError('Unknown encoding: base64url');
  return Buffer.from(text, encoding);
}

/** The only Node modules that Vercel's Edge runtime knows and that these bundles may ask for. */
const modules: Record<string, unknown> = {
  'node:buffer': { Buffer: PolyfilledBuffer },
  'node:async_hooks': { AsyncLocalStorage },
  async_hooks: { AsyncLocalStorage }, // what Vercel's own wrapper calls it
};
/** Where `@opentelemetry/api` keeps what is registered. */
const TELEMETRY = Symbol.for('opentelemetry.js.api.1');
const references = new Set<WeakRef<RealmClock>>();

/** The clock of every VM that is still in use. A worker makes thousands of them. */
export function* clocks(): Generator<RealmClock> {
  for (const reference of references) {
    const clock = reference.deref();
    if (clock) yield clock;
    else references.delete(reference);
  }
}

/** A VM that has nothing but the web, the test world's network, and a clock that can be set. */
export function createStrictVm({ env, onLog }: IsolateOptions): EdgeVM {
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
  // What the test registers is in the global of its own realm, as what a site registers is in that of its isolate.
  Object.defineProperty(context, TELEMETRY, { get: () => Reflect.get(globalThis, TELEMETRY) });
  const clock = vm.evaluate(`(${installClock})(globalThis)`) as RealmClock;
  Object.assign(context, { clock }); // lives as long as the VM
  references.add(new WeakRef(clock));
  return vm;
}

/** An answer in the VM's own classes. */
function inRealm(context: EdgeVM['context'], { status, headers, body }: Response): Response {
  return new context.Response(bodyInRealm(context, body), { status, headers: [...headers] });
}

/** A body in the VM's own classes. One that breaks off here breaks off there. */
export function bodyInRealm(context: EdgeVM['context'], body: ReadableStream<Uint8Array> | null) {
  if (!body) return null;
  const reader = body.getReader();
  return new context.ReadableStream({
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
}
