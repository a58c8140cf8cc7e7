import { interactionPolicy } from './library.mjs';
import { isEnough } from './people.mjs';

const { base, Check, Prompt } = interactionPolicy;

/**
 * When the person is asked, on top of what the library knows by itself (`prompt`, `max_age`, hints): for a stronger
 * sign-in than the one at hand, for the choice of an account, and where the person who is signed in is no more.
 *
 * @param {import('./people.mjs').Directory} people
 */
export function policy(people) {
  const prompts = base();
  const { checks } = prompts.get('login');
  checks.add(new Check('acr_values', 'the sign-in at hand is weaker than the one asked for', weakerThanAsked));
  checks.add(new Check('account', 'the account at hand is no more', isGone(people)));
  prompts.add(new Prompt({ name: 'select_account', requestable: true }), 0);
  return prompts;
}

/**
 * Asks once: `acr_values` is a wish (OIDC Core §3.1.2.1), so a person who declines the second factor goes back to the
 * site with the `acr` that was reached, and the site decides.
 *
 * @param {import('./library.mjs').Context} ctx
 */
function weakerThanAsked({ oidc }) {
  const { acr_values: wanted } = oidc.params;
  const ask = wanted !== undefined && !oidc.result?.login && !isEnough(oidc.acr, wanted);
  return ask ? Check.REQUEST_PROMPT : Check.NO_NEED_TO_PROMPT;
}

/** A file of people may lose one who is signed in; the code would be refused at the token endpoint. @param {import('./people.mjs').Directory} people */
const isGone =
  (people) =>
  async (/** @type {import('./library.mjs').Context} */ { oidc }) => {
    const { accountId } = oidc.session;
    const ask = accountId && !oidc.result?.login && !(await people.findAccount(undefined, accountId));
    return ask ? Check.REQUEST_PROMPT : Check.NO_NEED_TO_PROMPT;
  };
