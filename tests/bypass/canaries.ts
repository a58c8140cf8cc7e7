import type { Received, Sent } from './wire';

/** Content that needs a session, or without the role when it is below `/admin`. */
export interface Canary {
  readonly path: string;
  /** What its content holds; an image is told by its bytes as well. */
  readonly holds: string;
  readonly router: 'app' | 'pages' | 'file' | 'image';
}

const canary = (path: string, holds: string, router: Canary['router'] = 'app'): Canary => ({ path, holds, router });

/** What needs a session. */
export const canaries: readonly Canary[] = [
  canary('/static-page', 'CANARY-static-page'),
  canary('/item/7', 'CANARY-item'),
  canary('/api/canary', 'CANARY-handler'),
  canary('/action', 'CANARY-action-page'),
  canary('/docs', 'CANARY-docs'),
  canary('/docs/a/b', 'CANARY-docs'),
  canary('/kinds', 'CANARY-kinds'),
  canary('/section', 'CANARY-section'),
  canary('/self', 'CANARY-self-page'),
  canary('/self/api', 'CANARY-self-handler'),
  canary('/sitemap.xml', 'CANARY-sitemap'),
  canary('/manifest.webmanifest', 'CANARY-manifest'),
  canary('/section/opengraph-image', 'CANARY-opengraph-image'),
  canary('/section/icon.png', 'CANARY-icon', 'image'),
  canary('/s/e/v/e/n/deep/7', 'CANARY-seven-deep'),
  canary('/.well-known/(..)item/7', 'CANARY-intercepted'),
  canary('/legacy', 'CANARY-legacy', 'pages'),
  canary('/n/i/n/e/d/e/e/p/7', 'CANARY-nine-deep', 'pages'),
  canary('/legacy-static', 'CANARY-legacy-static', 'pages'),
  canary('/api/legacy-canary', 'CANARY-legacy-handler', 'pages'),
  canary('/canary.txt', 'CANARY-file', 'file'),
  canary('/files/deep/canary.txt', 'CANARY-nested-file', 'file'),
  canary('/canary.png', 'CANARY-image', 'image'),
];

/** What needs the role `admin`. */
export const adminCanaries: readonly Canary[] = [
  canary('/admin', 'CANARY-admin-page'),
  canary('/admin/reports', 'CANARY-admin-reports'),
  canary('/admin/item/7', 'CANARY-admin-item'),
  canary('/(.)admin/item/7', 'CANARY-admin-intercepted'),
  canary('/admin/api', 'CANARY-admin-handler'),
  canary('/admin/act', 'CANARY-admin-act'),
  canary('/admin/legacy', 'CANARY-admin-legacy', 'pages'),
  canary('/admin/canary.txt', 'CANARY-admin-file', 'file'),
  canary('/admin/canary.png', 'CANARY-admin-image', 'image'),
];

const PNG = '\x89PNG';
const WEBP = /RIFF[\s\S]{4}WEBP/;

/** What an answer shows in its headers or its body that it should not: a canary of these, or any image at all. */
export function leak({ whole, headers }: Received, wanted: RegExp): string | undefined {
  const text = wanted.exec(whole)?.[0];
  if (text !== undefined) return text;
  const isImage = headers['content-type']?.startsWith('image/') || whole.includes(PNG) || WEBP.test(whole);
  return isImage ? 'the bytes of an image' : undefined;
}

/** Refusals: by the gate, by Node before it, or by Next for what does not exist. */
const REFUSALS = [303, 400, 401, 403, 404, 405, 413, 414, 431];
/** What Next's optimizer of images says when its own request for the source, without a cookie, is refused. */
const NO_SOURCE = 'parameter is valid but internal response is invalid';

/** What is wrong with an answer to a request without a session; null when it is in order. */
export function anonymousFault(answer: Received, before?: number): string | null {
  const { status, headers, whole } = answer;
  const leaked = leak(answer, /CANARY-/);
  if (leaked !== undefined) return `${status} shows ${leaked}`;
  if (REFUSALS.includes(status) || status === before) return null;
  if (status === 308 && /^\/(?![/\\])/.test(headers.location ?? '')) return null; // to another spelling, which is asked for next
  if (status === 200 && whole.includes('PUBLIC-home')) return null; // the one public page
  return status === 500 && whole.includes(NO_SOURCE) ? null : `${status}`;
}

/** How a request looks in a failure. */
export const shown = ({ method = 'GET', target, headers = [], host }: Sent): string => {
  const fields = headers.map(([name, value]) => `${name}: ${value.slice(0, 80)}`).join(', ');
  return `${method} ${target.slice(0, 120)}${fields && ` [${fields}]`}${host === undefined ? '' : ` at ${host}`}`;
};
