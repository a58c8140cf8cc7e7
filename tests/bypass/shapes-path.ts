import type { Stage } from './stage';

/** Where a canary is asked for. `path` is without the base path, `base` and `buildId` are the site's. */
export interface Aim extends Pick<Stage, 'base' | 'buildId'> {
  readonly path: string;
}

/** A family of spellings, and the request targets that it makes of one canary. */
export interface PathShape {
  readonly shape: string;
  readonly targets: (aim: Aim) => readonly string[];
}

/** Spellings of the path below the base path. */
const below = (shape: string, spellings: (path: string, aim: Aim) => readonly string[]): PathShape => ({
  shape,
  targets: (aim) => spellings(aim.path, aim).map((path) => aim.base + path),
});

const encoded = (character: string) => `%${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
const encodeAll = (text: string) => [...text].map((one) => (one === '/' ? one : encoded(one))).join('');
const twice = (text: string) => text.replaceAll('%', '%25');
/** Every slash but the first. */
const inner = (path: string, slash: string) => `/${path.slice(1).replaceAll('/', slash)}`;
const UP = ['..', '%2e%2e', '.%2e', '%2E.', '%252e%252e', '..;', '%c0%ae%c0%ae', '..%00', '..%2f.', '.../..'];
const OTHER_SLASHES = ['%2F', '%5c', '\\', '%252f', '%255c', '//', ';/'];
const STEPS = [
  ...UP.flatMap((up) => [[up, '/'] as const, [up, '%2f'] as const]),
  ...OTHER_SLASHES.flatMap((slash) => [['..', slash] as const, ['%2e%2e', slash] as const]),
];
/** Steps back to the root from below a prefix of so many segments. */
const climb = (prefix: string, path: string, depth = 1) =>
  STEPS.map(([up, slash]) => `${prefix}${slash}${Array(depth).fill(up).join(slash)}${slash}${path.slice(1)}`);

export const pathShapes: readonly PathShape[] = [
  below('its plain path', (path) => [path]),
  below('an empty or a strange query', (path) => [
    `${path}?`,
    `${path}?_rsc=x`,
    `${path}?_rsc`,
    `${path}?__nextDataReq=1`,
    `${path}?__nextLocale=id&__nextDefaultLocale=en`,
    `${path}?__flight__=1&__nextppronly=1`,
    `${path}?nxtPid=7&nxtPslug=a&nxtIid=7`,
    `${path}?%6extPid=7&n%78tIid=7`,
    `${path}?nxtP`,
    `${path}?x=/../../&y=%2e%2e`,
    `${path}?/.well-known/x`,
  ]),
  below('encoded slashes', (path) => [
    inner(path, '%2f'),
    inner(path, '%2F'),
    `/%2f${path.slice(1)}`,
    `%2f${path.slice(1)}`,
    `${path}%2f`,
    `${path}%2fx`,
  ]),
  below('doubly encoded slashes', (path) => [inner(path, '%252f'), `/%252f${path.slice(1)}`, `${path}%252f`]),
  below('encoded letters', (path) => [
    `/${encoded(path[1] ?? '')}${path.slice(2)}`,
    encodeAll(path),
    encodeAll(path).toUpperCase(),
  ]),
  below('doubly encoded letters', (path) => [twice(encodeAll(path)), twice(twice(encodeAll(path)))]),
  below('encodings that are none', (path) => [`${path}%`, `${path}%zz`, `${path}%c0%af`, `%${path}`, `${path}%u002f`]),
  below('single dots', (path) => ['.', '%2e', '%252e', '.;'].flatMap((dot) => [`/${dot}${path}`, `${path}/${dot}`])),
  below('dot segments from nowhere', (path) => climb('/nowhere', path)),
  below('dot segments above the root', (path) => UP.flatMap((up) => [`/${up}${path}`, `/${up}/${up}${path}`])),
  below('dot segments from below a public path', (path) => climb('/.well-known', path)),
  below('dot segments from a public file', (path) => climb('/icon.svg', path)),
  below('dot segments back to a public path', (path) =>
    UP.flatMap((up) => [`${path}/${up}`, `${path}/${up}/.well-known/x`, `${path}/${up}/robots.txt`]),
  ),
  below('path parameters', (path) => [
    `${path};x=1`,
    `${path};`,
    `${path}%3bx=1`,
    `/;x=1${path}`,
    `${path}/;x=1`,
    `${inner(path, ';x=1/')}`,
  ]),
  below('backslashes', (path) => [
    `\\${path.slice(1)}`,
    `/\\${path.slice(1)}`,
    inner(path, '\\'),
    inner(path, '%5c'),
    `/%5c${path.slice(1)}`,
    `${path}\\`,
    `${path}%5c`,
    `/%255c${path.slice(1)}`,
  ]),
  below('repeated slashes', (path) => [
    `/${path}`,
    `//${path}`,
    `/////${path}`,
    inner(path, '//'),
    `${path}//`,
    `${path}///`,
  ]),
  below('a host in front', (path) => [
    `//evil.example${path}`,
    `/http://evil.example${path}`,
    `///evil.example${path}`,
  ]),
  below('another case', (path) => [
    path.toUpperCase(),
    `/${path.slice(1, 2).toUpperCase()}${path.slice(2)}`,
    `${path.slice(0, -1)}${path.slice(-1).toUpperCase()}`,
  ]),
  below('a trailing slash', (path) => [`${path}/`, `${path}/?x=1`, `${path}/%2f`, `${path}/./`]),
  below('trailing rubbish', (path) =>
    ['.', '..', '%20', '%00', '%00.txt', '%0a', '%0d%0a', '%09', '#', '%23', '%3f', '~'].map((end) => path + end),
  ),
  below('look-alike characters', (path) => [
    inner(path, '%ef%bc%8f'),
    `/%e2%80%8b${path.slice(1)}`,
    `${path}%e3%80%82`,
    `/%ef%bb%bf${path.slice(1)}`,
  ]),
  below('the suffixes of what Next builds', (path) =>
    [
      '.rsc',
      '.txt',
      '.json',
      '.html',
      '.body',
      '.meta',
      '.prefetch.rsc',
      '.prefetch',
      '.action',
      '.action.rsc',
      '.prefetch.segments/_tree.segment.rsc',
      '.nxt',
      '.js',
      '.rsc.rsc',
      '.RSC',
      '%2ersc',
    ].map((end) => path + end),
  ),
  below('the suffixes of what Next builds after a slash', (path) => [
    `${path}/.rsc`,
    `${path}/index.rsc`,
    `${path}/index.txt`,
    `${path}/index.html`,
    `${path}/index`,
    `${path}/page`,
    `${path}/route`,
  ]),
  below('segments in the notation of routes', (path) => {
    const at = path.lastIndexOf('/');
    const above = path.slice(0, at);
    const last = path.slice(at + 1);
    const names = ['[id]', '[slug]', '[...slug]', '[[...slug]]', '[a]', '(.)[id]', '[id].action', '[id].prefetch'];
    const routes = [...names.map((name) => `${above}/${name}`), '/docs/[[...slug]]', '/item/[id]', '/[...all]'];
    return routes.flatMap((route) => [
      route,
      `${route}?nxtPid=${last}&nxtPslug=${last}&nxtPa=${last}`,
      `${route}?id=${last}&slug=${last}`,
      `${route}.rsc`,
      `${route}.segments/_tree.segment.rsc`,
      route.replaceAll('[', '%5B').replaceAll(']', '%5d'),
      route.replaceAll('[', '%255B').replaceAll(']', '%255D'),
    ]);
  }),
  below('parameters of routes in the query of a public page', (path) =>
    ['/', '/signed-out', '/robots.txt', '/.well-known/x'].flatMap((page) => [
      `${page}?nxtPid=${path}&nxtPslug=${path}`,
      `${page}?%6extPslug=${encodeURIComponent(path.slice(1))}`,
    ]),
  ),
  below('the page called index', (path) => [
    `/index${path}`,
    `/index/..${path}`,
    `/index.rsc/..${path}`,
    `/index.json${path}`,
  ]),
  below('segments to prefetch', (path) => {
    const segments = [
      '_tree',
      '_full',
      '_index',
      '_head',
      '__PAGE__',
      `${path.slice(1)}/__PAGE__`,
      '$d$id/__PAGE__',
      `!${btoa(path)}`,
    ];
    return segments.flatMap((segment) => [
      `${path}.segments/${segment}.segment.rsc`,
      `${path}.segments/${segment.replaceAll('/', '%2f')}.segment.rsc`,
      `${path}.segments%2f${segment}.segment.rsc`,
      `/index.segments/..${path}.segments/${segment}.segment.rsc`,
    ]);
  }),
  below('the path in the file system', (path) =>
    [
      '/app',
      '/pages',
      '/public',
      '/.next/server/app',
      '/.next/server/pages',
      '/_next/server/app',
      '/_next/server/pages',
      '/_next/public',
      '/server/app',
    ].flatMap((folder) => ['', '.html', '.body'].map((end) => folder + path + end)),
  ),
  below('locale prefixes', (path) => [
    `/en${path}`,
    `/id${path}`,
    `/ID${path}`,
    `/fr${path}`,
    `/default${path}`,
    `/id/id${path}`,
    `${'/id'.repeat(2_000)}${path}`,
    `/en/id${path}`,
    `/id/en${path}`,
    `/id//${path}`,
    `/%69d${path}`,
    `/id%2f${path.slice(1)}`,
    `/id/..${path}`,
    `/id/.well-known/..${path}`,
    `/id/${path}/`,
    `/id${path}.rsc`,
  ]),
  {
    shape: 'the base path left out, doubled or in another case',
    targets: ({ path, base }) => [
      path,
      `/base${path}`,
      `/base/base${path}`,
      `/BASE${path}`,
      `/base/..${path}`,
      `/base%2f${path.slice(1)}`,
      `/base/%2e%2e/base${path}`,
      `/base;${path}`,
      `//base${path}`,
      `/base/${path}`,
      `/x/..${base}${path}`,
      `${base}.rsc${path}`,
    ],
  },
  below('the data of the Pages Router', (path, { buildId }) =>
    [buildId, 'development', 'wrong', '..', '%2e%2e', `${buildId}/`, `${buildId}/en`, `${buildId}/id`].flatMap((id) => [
      `/_next/data/${id}${path}.json`,
      `/_next/data/${id}${path}`,
      `/_next/data/${id}${path}/index.json`,
      `/_next/data/${id}${path.toUpperCase()}.json`,
      `/_next/data/${id}${path}.json?nxtPid=7`,
    ]),
  ),
  below('the data of the Pages Router by encoded or indirect paths', (path, { buildId }) => [
    `/_next/data/${buildId}${encodeAll(path)}.json`,
    `/_next/data/${buildId}${twice(encodeAll(path))}.json`,
    `/_next/data/${buildId}%2f${path.slice(1)}.json`,
    `/_next/data/${buildId}${path}%2ejson`,
    `/_next%2fdata%2f${buildId}${path}.json`,
    `/%5fnext/data/${buildId}${path}.json`,
    `/_NEXT/data/${buildId}${path}.json`,
    `//_next/data/${buildId}${path}.json`,
    `/_next//data/${buildId}${path}.json`,
    `/_next/data/${buildId}/${path}.json`,
    `/x/../_next/data/${buildId}${path}.json`,
    `/_next/data/${buildId}/index.json/..${path}.json`,
    `/_next/data/${buildId}/.well-known/..${path}.json`,
    `/_next/data/${buildId}/.well-known/..%2f${path.slice(1)}.json`,
    `/_next/data/${buildId}/.well-known/%2e%2e${path}.json`,
    `/_next/data/${buildId}/_next/static/../..${path}.json`,
    `/_next/data/${buildId}/_next/static/%2e%2e/%2e%2e${path}.json`,
    `/_next/static/../data/${buildId}${path}.json`,
    `/_next/static/%2e%2e/data/${buildId}${path}.json`,
    `/_next/static/..%2fdata/${buildId}${path}.json`,
    `/id/_next/data/${buildId}${path}.json`,
    `${'/_next/data/x/id'.repeat(500)}${path}.json`,
    `/_next/data/${buildId}/_next/data/${buildId}${path}.json`,
  ]),
  below('dot segments from the files that the gate does not guard', (path) => climb('/_next/static', path, 2)),
  below('a dynamic segment that reads like the address of a picture', (path) => {
    const above = path.split('/').slice(0, -1);
    const climbed = `${above.join('/')}/${'..%2F'.repeat(above.length - 1)}_next%2Fimage`;
    return ['/icon.svg', '/signed-out', '/static-page'].map(
      (url) => `${climbed}?url=${encodeURIComponent(url)}&w=64&q=75`,
    );
  }),
  below('the files that the gate does not guard, spelled otherwise', (path) => [
    `/_next/static${path}`,
    `/_next/static/${path}`,
    `/_next/static/.${path}`,
    `/_next/static/x/../../..${path}`,
    `/_next/static/chunks/../../..${path}`,
    `/_next/static/../server/app${path}.html`,
    `/_next/static/../server/app${path}.rsc`,
    `/_next/static/../server/app${path}.body`,
    `/_next/static/%2e%2e/server/app${path}.html`,
    `/_next/static/..%2fserver/app${path}.html`,
    `/_next/static/..%2fserver%2fpages${path}.html`,
    `/_next/static/%2e%2e%2fserver%2fpages${path}.json`,
    `/_next/static/..%5cserver%5capp${path}.html`,
    `/_next/static/..%2f..%2f..%2fpublic${path}`,
    `/_next/static/../../../public${path}`,
    `${path}/_next/static/x`,
    `${path}/_next/static/`,
    `${path}?/_next/static/`,
    `${path}%3f/_next/static/`,
    `${path}#/_next/static/`,
    `/x/_next/static/..${path}`,
  ]),
  below('an image that Next fetches by itself', (path, { base }) =>
    [
      path,
      base + path,
      encodeURIComponent(base + path),
      twice(encodeURIComponent(base + path)),
      `/${base}${path}`,
      `\\${base}${path}`,
      `/\\${path}`,
      `/.well-known/..${path}`,
      `${base}/_next/static/../..${path}`,
      `${base}/_next/static/%252e%252e/%252e%252e${path}`,
      `http://localhost${base}${path}`,
      `http%3A%2F%2F127.0.0.1%2F${base}${path}`,
      `//localhost${path}`,
      `file://${path}`,
    ].flatMap((url) => [`/_next/image?url=${url}&w=64&q=75`, `/_next/image/?url=${url}&w=64&q=75`]),
  ),
  below('an image that Next fetches by itself, asked for indirectly', (path, { base }) =>
    [
      '/_next%2fimage',
      '/_next/static/../image',
      '/_next/static/%2e%2e/image',
      '/_next/static/..%2fimage',
      '/id/_next/image',
      '/.well-known/../_next/image',
      '//_next/image',
    ].map((optimizer) => `${optimizer}?url=${base}${path}&w=64&q=75`),
  ),
];
