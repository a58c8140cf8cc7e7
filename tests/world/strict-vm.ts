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

/** The clock of every VM that is in use, or kept for the next test. */
export function* clocks(): Generator<RealmClock> {
  for (const reference of references) {
    const clock = reference.deref();
    if (clock) yield clock;
    else references.delete(reference);
  }
}

/** What Next leaves in the global object of every isolate. */
const OF_NEXT: readonly PropertyKey[] = ['TURBOPACK', '_ENTRIES', '__import_unsupported', '__incrementalCache'];

interface StrictVm {
  readonly vm: EdgeVM;
  readonly clock: RealmClock;
  /** What its global object had before a middleware was evaluated; a getter is left out. */
  readonly globals: ReadonlyMap<PropertyKey, unknown>;
  /** Requests of its own that were not answered yet, and answers whose body has not come to its end. */
  underWay: number;
}

/** More than nearly all tests have isolates. */
const MAX_IDLE = 16;
/** Of tests that are over; the last one that was used is taken first. */
const idle: StrictVm[] = [];
/** Those of the test that runs; undefined between tests. */
let ofThisTest: StrictVm[] | undefined;

/** What is made from here on is of one test. */
export function beginTest(): void {
  ofThisTest = [];
}

/**
 * Keeps VMs of a test for the next ones: without their timers and what was evaluated there, and but for those that wait for an answer.
 *
 * @throws {Error} a middleware left something in its global object
 */
export function endTest(): void {
  const made = ofThisTest ?? [];
  ofThisTest = undefined;
  for (const one of made) {
    one.clock.stop();
    if (one.underWay > 0 || idle.length === MAX_IDLE) continue;
    clear(one);
    idle.push(one);
  }
}

/** Forgets the VMs of a test in which something goes on. */
export function dropTest(): void {
  ofThisTest = undefined;
}

/**
 * A VM that has nothing but the web, the test world's network, and a clock that can be set. It may be one of a test that is over,
 * without what was evaluated there: making one, and collecting it with all that was compiled in it, is a third of a story's time.
 */
export function createStrictVm(options: IsolateOptions): EdgeVM {
  const made = idle.pop() ?? create();
  const { env, onLog } = options;
  Object.assign(made.vm.context, {
    process: { env: { NODE_ENV: 'production', ...env } },
    console: { ...console, log: onLog, warn: onLog, error: onLog },
  });
  ofThisTest?.push(made);
  return made.vm;
}

function create(): StrictVm {
  const vm = new EdgeVM({ codeGeneration: { strings: false, wasm: false } });
  const { context } = vm;
  const fetch = (input: unknown, init: object) => counting(made, worldFetch(input, init));
  Object.assign(context, {
    self: context,
    AsyncLocalStorage,
    process: {},
    console: {},
    fetch: async (input: unknown, init: object) => inRealm(made, await fetch(input, init)),
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
  const globals = new Map(Reflect.ownKeys(context).map((name) => [name, ownValue(context, name)]));
  const made: StrictVm = { vm, clock, globals, underWay: 0 };
  return made;
}

/** What every test has of its own. */
const OF_TEST: readonly PropertyKey[] = ['process', 'console'];

const ownValue = (context: object, name: PropertyKey): unknown =>
  Reflect.getOwnPropertyDescriptor(context, name)?.value;

/** Takes what was evaluated in a VM away. @throws {Error} the middleware left something there that would not go with it */
function clear({ vm, globals }: StrictVm): void {
  for (const [name, value] of globals)
    if (!OF_TEST.includes(name) && ownValue(vm.context, name) !== value)
      throw new Error(`the middleware replaced something in its global object: ${String(name)}`);
  for (const name of Reflect.ownKeys(vm.context).filter((name) => !globals.has(name))) {
    if (!OF_NEXT.includes(name))
      throw new Error(`the middleware keeps something in its global object: ${String(name)}`);
    vm.evaluate(`delete globalThis.${String(name)}`); // the object around it keeps a copy, which goes with it
    Reflect.deleteProperty(vm.context, name);
  }
}

async function counting<Result>(made: StrictVm, work: Promise<Result>): Promise<Result> {
  made.underWay += 1;
  try {
    return await work;
  } finally {
    made.underWay -= 1;
  }
}

/** An answer in the VM's own classes. */
function inRealm(made: StrictVm, { status, headers, body }: Response): Response {
  const { context } = made.vm;
  let isOpen = body !== null;
  if (isOpen) made.underWay += 1;
  const ended = () => {
    if (isOpen) made.underWay -= 1;
    isOpen = false;
  };
  return new context.Response(bodyInRealm(context, body, ended), { status, headers: [...headers] });
}

/** A body in the VM's own classes. One that breaks off here breaks off there. */
export function bodyInRealm(context: EdgeVM['context'], body: ReadableStream<Uint8Array> | null, ended = () => {}) {
  if (!body) return null;
  const reader = body.getReader();
  return new context.ReadableStream({
    async pull(controller: ReadableStreamDefaultController) {
      try {
        const { done, value } = await reader.read();
        if (!done) return controller.enqueue(context.Uint8Array.from(value));
        controller.close();
      } catch {
        controller.error(new context.TypeError('terminated'));
      }
      ended();
    },
    cancel: () => ended(),
  });
}
