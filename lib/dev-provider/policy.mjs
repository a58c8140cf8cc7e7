import { interactionPolicy } from './library.mjs';
import { isEnough } from './people.mjs';

const { base, Check, Prompt } = interactionPolicy;

/**
 * When the person is asked, on top of what the library knows by itself (`prompt`, `max_age`, hints): for a stronger
 * sign-in than the one at hand, and for the choice of an account.
 */
export function policy() {
  const prompts = base();
  prompts
    .get('login')
    .checks.add(new Check('acr_values', 'the sign-in at hand is weaker than the one asked for', weakerThanAsked));
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
