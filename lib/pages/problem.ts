import type { ErrorDetails } from '../errors.ts';
import { type Code, type Note, PROBLEMS, type Recovery } from '../problems.ts';
import { type Html, html } from './html.ts';
import { layout } from './layout.ts';
import type { Frame } from './look.ts';
import type { Causes, Texts } from './texts.ts';

export interface ProblemPage extends Frame {
  readonly code: Code;
  /** Reference of the request, as in the log line and in `x-request-id`. */
  readonly ref: string;
  /** The provider's own reference. */
  readonly supportRef?: string | undefined;
  /** Where signing in starts, `returnTo` included. A path of this site. */
  readonly loginUrl?: string | undefined;
  /** What to open again. A path of this site, or '' for the very address that failed, its query included. */
  readonly retryUrl?: string | undefined;
  /** The host that was seen, and the one that was expected. */
  readonly hosts?: ErrorDetails['hosts'];
  /** What more there is to say than the sentence of the code. */
  readonly note?: Note | undefined;
  /** What is wrong with the configuration, for `next dev` only. */
  readonly cures?: Html | undefined;
}

/**
 * What the person sees when something went wrong. All words are ours: of what came from outside, only the two
 * references and the two addresses appear, and those only in a shape that cannot carry a message or lead elsewhere.
 */
export function problemPage(page: ProblemPage): string {
  const { texts } = page.language;
  const [title, sentence] = texts.problems[page.code];
  const causes = (texts.causes as Partial<Record<Code, Causes>>)[page.code];
  const body = html`<h1>${title}</h1>
<p>${sentence}</p>
${page.note && html`<p>${texts.phrases[page.note]}</p>`}
${page.hosts && hostList(page.hosts, texts)}
${page.cures}
${ways(page)}
${causes && causeList(causes, texts)}
${references(page)}`;
  return layout({ ...page, title, body });
}

/** The way forward, as a link that looks like a button, and a quieter one for those who do not want that. */
const ways = (page: ProblemPage): Html => {
  const [primary, secondary] = waysForward(page);
  return html`<div class="ways">
<a class="button" href="${primary.href}">${primary.label}</a>
${secondary && html`<a href="${secondary.href}">${secondary.label}</a>`}
</div>`;
};

export interface Way {
  /** A path of this site, or '' for the very address that failed. */
  readonly href: string;
  readonly label: string;
}

type Failed = Pick<ProblemPage, 'code' | 'basePath' | 'loginUrl' | 'retryUrl' | 'language'>;

/** What a person can do about a problem: first what helps most. */
export function waysForward(page: Failed): readonly [Way, Way?] {
  const { code, basePath, loginUrl, retryUrl } = page;
  const { phrases } = page.language.texts;
  const toSignIn = code === 'UNAUTHENTICATED' ? phrases.signIn : phrases.signInAgain;
  const primary = {
    'sign-in': { href: pathOr(loginUrl, `${basePath}/auth/login`), label: toSignIn },
    retry: { href: retryUrl === '' ? '' : pathOr(retryUrl, home(page)), label: phrases.tryAgain },
    home: { href: home(page), label: phrases.startPage },
  } satisfies Record<Recovery, Way>;
  const secondary = secondWay(page);
  return secondary ? [primary[PROBLEMS[code].recovery], secondary] : [primary[PROBLEMS[code].recovery]];
}

function secondWay(page: Failed): Way | undefined {
  const { code, basePath, retryUrl } = page;
  const { phrases } = page.language.texts;
  // An account that may not open the page is perhaps the wrong one; the page behind the link asks first.
  if (code === 'FORBIDDEN') return { href: `${basePath}/auth/logout`, label: phrases.signOut };
  // At the same account the provider would say the same again (OIDC Core §3.1.2.1, `prompt`).
  if (code === 'SIGN_IN_DENIED') return { href: otherAccount(page), label: phrases.useOther };
  // Led there from elsewhere: the link makes it a navigation of this site.
  if (code === 'CSRF_REJECTED' && retryUrl) return { href: pathOr(retryUrl, home(page)), label: phrases.openAnyway };
  const signIn = PROBLEMS[code].recovery === 'sign-in';
  return signIn ? { href: home(page), label: phrases.startPage } : undefined;
}

function otherAccount({ basePath, loginUrl }: Failed): string {
  const url = pathOr(loginUrl, `${basePath}/auth/login`);
  return `${url}${url.includes('?') ? '&' : '?'}prompt=select_account`;
}

const home = ({ basePath }: Failed) => basePath || '/';

const causeList = ({ person, operator }: Causes, { phrases }: Texts): Html => html`<details class="more">
<summary>${phrases.usualCauses}</summary>
<h2>${phrases.forPerson}</h2>
<ul>${person.map((cause) => html`<li>${cause}</li>`)}</ul>
<h2>${phrases.forOperator}</h2>
<ul>${operator.map((cause) => html`<li>${cause}</li>`)}</ul>
</details>`;

const hostList = ({ seen, expected }: NonNullable<ErrorDetails['hosts']>, { phrases }: Texts) => html`<dl class="more">
<dt>${phrases.hostSeen}</dt><dd><code>${seen}</code></dd>
<dt>${phrases.hostExpected}</dt><dd><code>${expected}</code></dd>
</dl>`;

function references({ code, ref, supportRef, language }: ProblemPage): Html {
  const { phrases } = language.texts;
  return html`<div class="more">
<p class="quiet">${phrases.passOn}</p>
<dl>
<dt>${phrases.reference}</dt><dd><code>${ref}</code></dd>
${supportRef && html`<dt>${phrases.supportReference}</dt><dd><code>${supportRef}</code></dd>`}
<dt>${phrases.code}</dt><dd><code>${code}</code></dd>
</dl>
</div>`;
}

/** A path of this site. What a browser could read as another host (`//`, `/\`) or as a scheme is not one. */
const pathOr = (url: string | undefined, otherwise: string): string =>
  url !== undefined && /^\/(?![/\\])[^\s\\]*$/.test(url) ? url : otherwise;
