import { AsyncLocalStorage as NodeStorage } from 'node:async_hooks';

/** Every store of one asynchronous context, by the storage that it belongs to. */
const contexts = new NodeStorage<ReadonlyMap<object, unknown>>();

/**
 * `AsyncLocalStorage` as Node has it, all instances in one of Node's. Node 20 copies the store of every instance that was
 * ever entered into every new promise of the process, and each isolate of a test file brings several instances along: by
 * the last test of a file most of the time would go into that.
 */
export class AsyncLocalStorage<T> extends NodeStorage<T> {
  override run<R, A extends unknown[]>(store: T, callback: (...args: A) => R, ...args: A): R {
    return contexts.run(this.#with(store), callback, ...args);
  }

  override exit<R, A extends unknown[]>(callback: (...args: A) => R, ...args: A): R {
    return contexts.run(this.#with(undefined), callback, ...args);
  }

  override enterWith(store: T): void {
    contexts.enterWith(this.#with(store));
  }

  override getStore(): T | undefined {
    return contexts.getStore()?.get(this) as T | undefined;
  }

  #with(store: T | undefined): ReadonlyMap<object, unknown> {
    return new Map(contexts.getStore()).set(this, store);
  }
}
