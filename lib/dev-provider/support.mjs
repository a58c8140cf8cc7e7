import { randomBytes, randomUUID } from 'node:crypto';

/** What the person can do about it, by error; an error without an entry needs a look at the log. */
const ACTIONS = new Map([
  ['invalid_grant', 'login'],
  ['login_required', 'login'],
  ['interaction_required', 'login'],
  ['access_denied', 'login'],
  ['server_error', 'retry'],
  ['temporarily_unavailable', 'retry'],
]);

/**
 * Every error of the provider can be quoted: `error_ref` and `request_id` are in JSON bodies, in headers and in the
 * redirects that carry an error; error pages show the reference.
 *
 * @type {import('./library.mjs').Middleware}
 */
export async function supportReferences(ctx, next) {
  const references = { error_ref: `SSOERR-${randomBytes(4).toString('hex').toUpperCase()}`, request_id: randomUUID() };
  ctx.state.support = references;
  await next();
  const location = errorLocation(ctx.response.get('location'));
  if (location) {
    for (const [name, value] of Object.entries(references)) location.searchParams.set(name, value);
    ctx.redirect(location.href);
  }
  if (ctx.status < 400) return;
  ctx.set('X-Error-Ref', references.error_ref);
  ctx.set('X-Request-Id', references.request_id);
  const { body } = ctx;
  if (typeof body === 'object' && body !== null && 'error' in body) {
    const action = ACTIONS.get(String(body.error)) ?? 'contact_support';
    ctx.body = { ...body, ...references, retryable: action === 'retry', support_action: action };
  }
}

/** @param {string} text */
function errorLocation(text) {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return url?.searchParams.has('error') ? url : undefined;
}
