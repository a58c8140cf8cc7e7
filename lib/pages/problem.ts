import type { ErrorDetails } from '../errors.ts';
import { type Code, PROBLEMS, type Recovery } from '../problems.ts';
import { CAUSES, type Causes } from './causes.ts';
import { type Html, html } from './html.ts';
import { layout } from './layout.ts';

export interface ProblemPage {
  readonly code: Code;
  /** Reference of the request, as in the log line and in `x-request-id`. */
  readonly ref: string;
  readonly nonce: string;
  /** Where the site lives; see `RequestContext`. */
  readonly basePath: string;
  /** The provider's own reference. */
  readonly supportRef?: string | undefined;
  /** Where signing in starts, `returnTo` included. A path of this site. */
  readonly loginUrl?: string | undefined;
  /** What to open again. A path of this site, or '' for the very address that failed, its query included. */
  readonly retryUrl?: string | undefined;
  /** The host that was seen, and the one that was expected. */
  readonly hosts?: ErrorDetails['hosts'];
  /** What more there is to say than the sentence of the code. A fixed text of ours. */
  readonly note?: string | undefined;
  /** Faulty environment variables and what is wrong with each, for `next dev` only. */
  readonly variables?: Readonly<Record<string, string>> | undefined;
}

/**
 * What the person sees when something went wrong. All words are ours: of what came from outside, only the two
 * references and the two addresses appear, and those only in a shape that cannot carry a message or lead elsewhere.
 */
export function problemPage(page: ProblemPage): string {
  const { title, sentence } = PROBLEMS[page.code];
  const causes = CAUSES[page.code];
  const body = html`<h1>${title}</h1>
<p>${sentence}</p>
${page.note && html`<p>${page.note}</p>`}
${page.hosts && hostList(page.hosts)}
${page.variables && variableList(page.variables)}
${ways(page)}
${causes && causeList(causes)}
${references(page)}`;
  return layout({ title, nonce: page.nonce, body });
}

/** The way forward, as a link that looks like a button, and a quieter one for those who do not want that. */
function ways(page: ProblemPage): Html {
  const { code, basePath, loginUrl, retryUrl } = page;
  const first = code === 'UNAUTHENTICATED' ? 'Sign in' : 'Sign in again';
  const primary = {
    'sign-in': () => button(pathOr(loginUrl, `${basePath}/auth/login`), first),
    retry: () => button(retryUrl === '' ? '' : pathOr(retryUrl, home(page)), 'Try again'),
    home: () => button(home(page), 'Go to the start page'),
  } satisfies Record<Recovery, () => Html>;
  return html`<div class="ways">${primary[PROBLEMS[code].recovery]()}${secondary(page)}</div>`;
}

function secondary(page: ProblemPage): Html | undefined {
  // Who may not open the page is perhaps signed in with the wrong account; the page behind the link asks first.
  if (page.code === 'FORBIDDEN') return html`<a href="${page.basePath}/auth/logout">Sign out</a>`;
  // At the same account the provider would say the same again (OIDC Core §3.1.2.1, `prompt`).
  if (page.code === 'SIGN_IN_DENIED') return html`<a href="${otherAccount(page)}">Use another account</a>`;
  // Led there from elsewhere: the link makes it a navigation of this site.
  if (page.code === 'CSRF_REJECTED' && page.retryUrl)
    return html`<a href="${pathOr(page.retryUrl, home(page))}">Open it all the same</a>`;
  const signIn = PROBLEMS[page.code].recovery === 'sign-in';
  return signIn ? html`<a href="${home(page)}">Go to the start page</a>` : undefined;
}

function otherAccount({ basePath, loginUrl }: ProblemPage): string {
  const url = pathOr(loginUrl, `${basePath}/auth/login`);
  return `${url}${url.includes('?') ? '&' : '?'}prompt=select_account`;
}

const home = ({ basePath }: ProblemPage) => basePath || '/';

const button = (url: string, label: string): Html => html`<a class="button" href="${url}">${label}</a>`;

const causeList = ({ person, operator }: Causes): Html => html`<details class="more">
<summary>What usually causes this</summary>
<h2>If you were signing in</h2>
<ul>${person.map((cause) => html`<li>${cause}</li>`)}</ul>
<h2>If you run this site</h2>
<ul>${operator.map((cause) => html`<li>${cause}</li>`)}</ul>
</details>`;

const hostList = ({ seen, expected }: NonNullable<ErrorDetails['hosts']>): Html => html`<dl class="more">
<dt>Host of this request</dt><dd><code>${seen}</code></dd>
<dt>Host expected</dt><dd><code>${expected}</code></dd>
</dl>`;

const variableList = (variables: Readonly<Record<string, string>>): Html => html`<div class="more">
<h2>What is wrong with the environment</h2>
<ul>${Object.entries(variables).map(([name, fault]) => html`<li><code>${name}</code> ${fault}</li>`)}</ul>
<p class="quiet">This list is shown by <code>next dev</code> alone.</p>
</div>`;

const references = ({ code, ref, supportRef }: ProblemPage): Html => html`<div class="more">
<p class="quiet">If you ask for help, pass this on:</p>
<dl>
<dt>Reference</dt><dd><code>${ref}</code></dd>
${supportRef && html`<dt>Support reference</dt><dd><code>${supportRef}</code></dd>`}
<dt>Code</dt><dd><code>${code}</code></dd>
</dl>
</div>`;

/** A path of this site. What a browser could read as another host (`//`, `/\`) or as a scheme is not one. */
const pathOr = (url: string | undefined, otherwise: string): string =>
  url !== undefined && /^\/(?![/\\])[^\s\\]*$/.test(url) ? url : otherwise;
