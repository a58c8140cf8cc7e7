import { errors } from './library.mjs';
import { errorPage, signInPage } from './pages.mjs';
import { assurance, isEnough } from './people.mjs';

/** A click on a name; anything longer is not from our page. */
const BODY_LIMIT = 2_000;

/** Where the library sends a person who has to be asked. */
export const signInPath = (/** @type {unknown} */ _ctx, /** @type {{ uid: string }} */ { uid }) => `/sign-in/${uid}`;

/**
 * The sign-in page. It stands on the library's cookie for the interaction, which is `SameSite=Lax`: a form of another
 * site arrives without it and changes nothing.
 *
 * @param {any} provider
 * @param {import('./people.mjs').Directory} people
 * @param {() => string | undefined} fault why the people are not those of the file
 * @returns {import('./library.mjs').Middleware}
 */
export function signInRoute(provider, people, fault) {
  return async (ctx, next) => {
    if (!ctx.path.startsWith('/sign-in/')) return next();
    ctx.set('cache-control', 'no-store');
    try {
      const interaction = await provider.interactionDetails(ctx.req, ctx.res);
      const result = await resultOf(ctx, provider, interaction, people);
      if (result === undefined) return showPage(ctx, provider, interaction, { people, fault: fault() });
      const merge = { mergeWithLastSubmission: 'consent' in result };
      const back = await provider.interactionResult(ctx.req, ctx.res, result, merge);
      ctx.status = 303;
      ctx.redirect(back);
    } catch (error) {
      if (!(error instanceof errors.SessionNotFound)) throw error;
      ctx.status = 400;
      errorPage(ctx, { error: 'sign_in_expired', error_description: 'Go back to the site and start again.' });
    }
  };
}

/**
 * What the person answered; undefined while nothing is answered yet.
 *
 * @param {import('./library.mjs').Context} ctx
 * @param {any} provider
 * @param {any} interaction
 * @param {import('./people.mjs').Directory} people
 */
async function resultOf(ctx, provider, interaction, people) {
  if (interaction.prompt.name === 'consent') return { consent: await consent(provider, interaction) };
  if (ctx.method !== 'POST') return undefined;
  const form = await readForm(ctx.req);
  if (form.has('cancel')) return { error: 'access_denied', error_description: 'The person cancelled.' };
  const person = people.find(form.get('account') ?? undefined);
  if (!person) return undefined;
  const secondFactor = form.has('second_factor') && person.hasSecondFactor;
  return { login: { accountId: person.sub, ...assurance(secondFactor) }, select_account: {} };
}

/**
 * Consent without a page: the site and its provider have one owner. As the library has it, a browser session has one
 * grant for each client; sign-ins add to it, and revoking a refresh token of one ends the tokens of all (RFC 7009 §2.1).
 *
 * @param {any} provider
 * @param {any} interaction
 */
async function consent(provider, { grantId, session, params, prompt }) {
  const { missingOIDCScope = [] } = prompt.details;
  const known = grantId && (await provider.Grant.find(grantId));
  const grant = known || new provider.Grant({ clientId: params.client_id, accountId: session.accountId });
  grant.addOIDCScope(missingOIDCScope.join(' '));
  return { grantId: await grant.save() };
}

/**
 * @param {import('./library.mjs').Context} ctx
 * @param {any} provider
 * @param {any} interaction
 * @param {{ people: import('./people.mjs').Directory, fault: string | undefined }} known
 */
async function showPage(ctx, provider, { params, session, prompt }, { people, fault }) {
  const client = await provider.Client.find(params.client_id);
  signInPage(ctx, {
    site: client?.clientName ?? params.client_id,
    people: people.all(),
    fault,
    suggested: people.find(params.login_hint) ?? people.find(session?.accountId),
    known: people.find(session?.accountId),
    reasons: prompt.reasons,
    secondFactor: params.acr_values !== undefined && !isEnough(assurance(false).acr, params.acr_values),
  });
}

/** @param {import('node:http').IncomingMessage} request */
async function readForm(request) {
  let text = '';
  for await (const chunk of request) {
    text += chunk;
    if (text.length > BODY_LIMIT) break;
  }
  return new URLSearchParams(text.slice(0, BODY_LIMIT));
}
