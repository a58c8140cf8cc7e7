import { randomBytes } from 'node:crypto';
import { STYLE } from './style.mjs';

/** @typedef {import('./library.mjs').Context} Context */

/** @typedef {import('./people.mjs').Person} Person */

/**
 * @typedef {object} SignIn
 * @property {string} site who asks
 * @property {readonly Person[]} people
 * @property {string | undefined} fault why the people are not those of the file
 * @property {Person | undefined} suggested
 * @property {Person | undefined} known who is signed in already
 * @property {readonly string[]} reasons the library's names for why the person is asked
 * @property {boolean} secondFactor whether the site asks for one
 */

/** @param {Context} ctx @param {SignIn} signIn */
export function signInPage(ctx, { site, people, fault, suggested, known, reasons, secondFactor }) {
  const choices = people.map((person, place) => choice(person, place, person.sub === suggested?.sub));
  show(
    ctx,
    known ? 'Confirm who you are' : 'Choose who you are',
    `<p><strong>${text(site)}</strong> ${text(question(reasons, secondFactor))}</p>
${fault ? `<p class="fault" role="status">${text(fault)}</p>` : ''}
<form method="post">
<label class="factor"><input type="checkbox" name="second_factor"${secondFactor ? ' checked' : ''}>
<span>With a second factor<span class="quiet">as if you had typed a one-time code, too</span></span></label>
${choices.join('')}
<button class="plain" name="cancel" value="yes">Cancel</button>
</form>
<p class="note">A provider for trying things out: these people do not exist, and there is no password.</p>`,
    { pictures: people.map(({ picture }) => picture) },
  );
}

/** @param {Person} person @param {number} place @param {boolean} isSuggested */
function choice({ sub, name, email, about, hasSecondFactor }, place, isSuggested) {
  const says = [email, about, ...(hasSecondFactor ? [] : ['no second factor'])].filter(Boolean).join(', ');
  return `
<button class="person" name="account" value="${text(sub)}"${isSuggested ? ' autofocus' : ''}>
<span class="initial" id="person-${place}" aria-hidden="true">${text([...name][0] ?? '')}</span>
<span><strong>${text(name)}</strong><span class="quiet">${text(says)}</span></span>
</button>`;
}

/** @param {readonly string[]} reasons @param {boolean} secondFactor */
function question(reasons, secondFactor) {
  if (secondFactor) return 'asks you to sign in with a second factor.';
  if (reasons.includes('select_account_prompt')) return 'asks which account you want to use.';
  if (reasons.includes('max_age') || reasons.includes('login_prompt')) return 'asks you to sign in once more.';
  return 'wants to know who you are.';
}

const SIGN_OUT = '<button class="main" name="logout" value="yes" form="op.logoutForm">Sign out</button>';

/** @param {Context} ctx @param {string} form the library's form, without a button */
export const signOutPage = (ctx, form) =>
  show(
    ctx,
    'Sign out?',
    `<p>You will be signed out here and at the sites that know you from here.</p>${form}${SIGN_OUT}
<button class="plain" form="op.logoutForm">Stay signed in</button>`,
  );

/** Presses the button by itself; without scripts, the person does. @param {Context} ctx @param {string} form */
export const signingOutPage = (ctx, form) =>
  show(ctx, 'Signing you out', `<p>One moment.</p>${form}${SIGN_OUT}`, {
    script: 'document.querySelector("button").click()',
  });

/** @param {Context} ctx */
export const signedOutPage = (ctx) => show(ctx, 'You are signed out', '<p>You can close this page.</p>');

/** @param {Context} ctx @param {{ error: string, error_description?: string }} out */
export const errorPage = (ctx, { error, error_description = '' }) =>
  show(
    ctx,
    'This did not work',
    `<p>${text(error_description)}</p><p class="note"><code>${text(error)}</code>, reference
<code>${ctx.state.support.error_ref}</code></p>`,
  );

/** Where the address of the provider leads. @param {Context} ctx @param {readonly string[]} sites @param {number} count of people */
export const homePage = (ctx, sites, count) =>
  show(
    ctx,
    'A provider for development',
    `<p>${count} ${count === 1 ? 'person' : 'people'} can sign in. Begin at the site:</p>
<ul>${sites.map((site) => `<li><a href="${text(site)}">${text(site)}</a></li>`).join('')}</ul>
<p class="note">The metadata is at <a href="/.well-known/openid-configuration">/.well-known/openid-configuration</a>;
<a href="/connect/logout">sign out here</a>.</p>`,
  );

/**
 * Nothing comes from elsewhere but the pictures of the people, and no page may frame these. There is no `form-action`: browsers apply it to the
 * redirects after a form too, and those lead to the site.
 *
 * @param {Context} ctx
 * @param {string} title
 * @param {string} body
 * @param {{ script?: string, pictures?: readonly (string | undefined)[] }} [more]
 */
function show(ctx, title, body, { script, pictures = [] } = {}) {
  const nonce = randomBytes(16).toString('base64');
  const allowed = `'nonce-${nonce}'`;
  const origins = pictures.flatMap((picture) => (picture ? new URL(picture).origin : []));
  const hosts = [...new Set(origins)].filter((origin) => origin !== 'null');
  ctx.set(
    'Content-Security-Policy',
    `default-src 'none'; img-src ${['data:', ...hosts].join(' ')}; style-src ${allowed}; script-src ${allowed}; base-uri 'none'; frame-ancestors 'none'`,
  );
  ctx.type = 'html';
  ctx.body = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
<title>${title} · Local provider</title>
<style nonce="${nonce}">${STYLE}${pictures.map(pictureRule).join('')}</style>
</head>
<body>
<main>
<p class="brand">Local provider</p>
<h1>${title}</h1>
${body}
</main>
${script ? `<script nonce="${nonce}">${script}</script>` : ''}
</body>
</html>`;
}

/** @param {string} value */
const text = (value) => value.replace(/[&<>"']/g, (character) => `&#${character.codePointAt(0)};`);

/**
 * A background over the initial, which shows while there is no picture; an `img` that does not load shows a broken one. No
 * address ends the text of the rule or the style sheet.
 *
 * @param {string | undefined} picture @param {number} place
 */
function pictureRule(picture, place) {
  if (!picture) return '';
  const address = picture.replace(/["'\\<>()\s]/g, (character) => `%${character.charCodeAt(0).toString(16)}`);
  return `#person-${place}::after { background-image: url("${address}"); }\n`;
}
