/**
 * The parts of `oidc-provider` that the stand uses, from the files that hold them. Its `index.js` does nothing but
 * collect these and print a warning on Node 20, on which everything used here works; silencing `console` around the
 * import would be the alternative, and would silence others too. The version is pinned, so the paths are.
 *
 * @typedef {import('node:http').IncomingMessage} Incoming
 * @typedef {import('node:http').ServerResponse} Outgoing
 *
 * @typedef {object} Context a Koa context, as far as the stand looks at it
 * @property {Incoming} req
 * @property {Outgoing} res
 * @property {string} method
 * @property {string} path
 * @property {Record<string, string | string[] | undefined>} query
 * @property {number} status
 * @property {string} type
 * @property {unknown} body
 * @property {Record<string, any>} state
 * @property {{ get(name: string): string }} response
 * @property {(name: string, value: string) => void} set
 * @property {(to: string) => void} redirect
 * @property {any} [oidc] of requests to a route of the library only
 *
 * @typedef {() => Promise<void>} Next
 * @typedef {(ctx: Context, next: Next) => Promise<void>} Middleware
 */

// @ts-expect-error -- the package has no types
export * as errors from 'oidc-provider/lib/helpers/errors.js';
// @ts-expect-error -- the package has no types
export * as interactionPolicy from 'oidc-provider/lib/helpers/interaction_policy/index.js';
// @ts-expect-error -- the package has no types
export { default as revokeTokensOfGrant } from 'oidc-provider/lib/helpers/revoke.js';
// @ts-expect-error -- the package has no types
export { Provider } from 'oidc-provider/lib/provider.js';
