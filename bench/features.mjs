/**
 * What a feature adds to the middleware: the gate's sources are bundled with it and without it, and its files then export
 * functions that do nothing. What calls them stays, and Next's own bundler is another one, so each figure is an estimate,
 * rather too low.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { root } from '../local/setup.mjs';

const UPSTREAMS = [
  ...['proxy', 'proxy-answer', 'proxy-attempts', 'proxy-body', 'proxy-call', 'proxy-token'].map(inRoom('handlers')),
  ...['check-upstreams', 'upstream-challenge', 'upstream-headers', 'upstream-path', 'upstreams'].map(inRoom('policy')),
];
const PAGES = ['confirm-logout', 'html', 'layout', 'other-account', 'problem', 'redirect', 'signed-in-as'];
const ENDINGS = [
  ...['backchannel-logout', 'frontchannel-logout', 'sessions'].map(inRoom('handlers')),
  ...['index-details', 'index-scripts', 'session-index'].map(inRoom('store')),
  'protocol/logout-token',
  'policy/device',
];
const FOREIGN_SIGN_INS = ['handlers/third-party-login', 'handlers/cross-site-post', 'pages/other-account'];
const LIMITER = ['store/rate-limit', 'handlers/limit-rate'];
const OTHER_ROUTES = ['after-logout', 'callback', 'confirm-logout', 'end-sessions', 'finish-login', 'form-body'].concat(
  ['logout', 'new-session', 'ready', 'refresh', 'revoke-ended', 'session'],
);

/** Files of `lib/` by feature. @type {Readonly<Record<string, readonly string[]>>} */
const FEATURES = {
  'limits of requests (@upstash/ratelimit)': LIMITER,
  'APIs behind the gate': UPSTREAMS,
  'texts in English': ['pages/english'],
  'texts in Indonesian': ['pages/indonesian'],
  'pages without their texts': PAGES.map(inRoom('pages')),
  'name, logo and colours of a site': ['pages/appearance', 'pages/check-pages'],
  'checks of rules and upstreams at run time': ['policy/check-rules', 'policy/check-upstreams'],
  'variables, and what is wrong with them': ['configuration', 'fields', 'parsers'],
  'endings from outside, and the list of sessions': ENDINGS,
  'sign-ins that other sites begin, and form_post': FOREIGN_SIGN_INS,
  'client authentication': ['protocol/client-auth'],
  DPoP: ['protocol/dpop'],
  userinfo: ['protocol/userinfo', 'provider/userinfo', 'renewal/session-claims'],
  revocation: ['protocol/sign-out', 'provider/revocation'],
  'a middleware and pages of the site': ['next/own-middleware', 'own-pages'],
  'all routes below /auth but the start of a sign-in': [
    ...OTHER_ROUTES.map(inRoom('handlers')),
    ...ENDINGS,
    ...FOREIGN_SIGN_INS,
    ...LIMITER,
  ],
};

/** @param {string} room */
function inRoom(room) {
  return (/** @type {string} */ name) => `${room}/${name}`;
}

/** @returns {Promise<Record<string, number>>} bytes by feature, gzip */
export async function featureWeights() {
  const whole = await weighWithout([]);
  /** @type {Record<string, number>} */
  const found = {};
  for (const [feature, files] of Object.entries(FEATURES)) found[feature] = whole - (await weighWithout(files));
  return found;
}

const ENTRY = 'measured-gate';

/** @param {readonly string[]} files of `lib/` */
async function weighWithout(files) {
  const { rolldown } = await import('rolldown');
  const left = new Set(files.map((file) => join(root, 'lib', `${file}.ts`)));
  for (const path of left) if (!existsSync(path)) throw new Error(`${path} is not there`);
  const build = await rolldown({
    input: ENTRY,
    external: [/^next\b/, /^node:/],
    platform: 'browser',
    transform: { define: { 'process.env.NODE_ENV': '"production"' } },
    onLog: () => {},
    plugins: [
      {
        name: 'features',
        resolveId: (id) => (id === ENTRY ? id : null),
        load: (id) =>
          id === ENTRY
            ? `export { gatehouse } from ${JSON.stringify(join(root, 'lib/index.ts'))}`
            : left.has(id)
              ? emptied(readFileSync(id, 'utf8'))
              : null,
      },
    ],
  });
  const { output } = await build.generate({ minify: true });
  await build.close();
  const code = output.map((file) => (file.type === 'chunk' ? file.code : '')).join('');
  return gzipSync(code, { level: 9 }).length;
}

/** The same exports, which do nothing. @param {string} source */
const emptied = (source) =>
  [...source.matchAll(/^export (?:async )?(?:const|function\*?|class) (\w+)/gm)]
    .map(([, name]) => `export const ${name} = () => {};`)
    .join('\n');
