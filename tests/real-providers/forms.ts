import type { Browser, Visit } from '../world/browser';

export interface Form {
  readonly action: string;
  readonly method: string;
  readonly fields: Readonly<Record<string, string>>;
}

/** The first form of a page as a browser would submit it, without what a button would add. */
export function formOf(html: string, page: string): Form | null {
  const [, tag, inside = ''] = /<form\b([^>]*)>([\s\S]*?)<\/form>/i.exec(html) ?? [];
  if (tag === undefined) return null;
  const fields: Record<string, string> = {};
  for (const [input] of inside.matchAll(/<input\b[^>]*>/gi)) {
    const name = attribute(input, 'name');
    const isPressed = !/^(submit|button|image|reset|checkbox|radio)$/i.test(attribute(input, 'type') ?? '');
    if (name && isPressed) fields[name] = attribute(input, 'value') ?? '';
  }
  const action = new URL(attribute(tag, 'action') || page, page).href;
  return { action, method: (attribute(tag, 'method') ?? 'get').toLowerCase(), fields };
}

/** Fills in the form of the page that a visit led to and submits it. */
export async function submit(browser: Browser, visit: Visit, filledIn: Readonly<Record<string, string>>) {
  const page = visit.hops.at(-1)?.url ?? '';
  const html = await visit.response.clone().text();
  const form = formOf(html, page);
  if (!form) throw new Error(`no form at ${page}: ${visit.response.status} ${html.slice(0, 400)}`);
  const fields = { ...form.fields, ...filledIn };
  const { origin } = new URL(page);
  if (form.method === 'post') return browser.post(form.action, { form: fields, origin });
  return browser.navigate(`${form.action.split('?')[0]}?${new URLSearchParams(fields)}`, { origin });
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', quot: '"', lt: '<', gt: '>', '#39': "'", '#x27': "'" };

function attribute(tag: string, name: string): string | undefined {
  const [, doubled, single, bare] =
    new RegExp(`\\s${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)'|([^\\s>]+))`, 'i').exec(tag) ?? [];
  const value = doubled ?? single ?? bare;
  return value?.replaceAll(/&(#?\w+);/g, (entity, code: string) => ENTITIES[code.toLowerCase()] ?? entity);
}
