import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { draftModeUses } from '../../lib/cli/draft-mode.ts';
import { root } from '../../local/setup.mjs';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** Where a build of these files uses it. */
function usesOf(files: Readonly<Record<string, string | object>>): string[] {
  mkdirSync(join(root, '.artifacts'), { recursive: true });
  const folder = mkdtempSync(join(root, '.artifacts/drafts-'));
  folders.push(folder);
  for (const [path, content] of Object.entries(files)) {
    const file = join(folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  }
  return draftModeUses(join(folder, '.next'));
}

/** Where a bundle with this code uses it, with nothing but the code to tell by. */
const inBundle = (code: string, more = {}) => usesOf({ '.next/server/chunks/1.js': code, ...more });
const FOUND = ['server/chunks/1.js'];

describe('a use of Draft Mode in a bundle', () => {
  it.each([
    ['async function r(){return(await (0,t.draftMode)()).enable(),new Response("x")}'],
    ['async function r(){return(await t.draftMode()).enable()}'],
    ['async function r(){return(await t.draftMode?.()).enable()}'],
    ['"use strict";async function t(){let{draftMode:t}=await e.A(6878);(await t()).enable()}'],
    ['let{draftMode:a}=await Promise.all([c.e(745),c.e(330)]).then(c.bind(c,9330));'],
    ['let{draftMode:a,cookies:b}=await Promise.resolve().then(c.bind(c,9330));'],
    ['"use strict";let t=e.i(93458).draftMode;async function r(){}'],
    ['let d=c(9330).draftMode;'],
    ['let{draftMode:d}=c(9330);'],
    ['let d=c("(rsc)/./node_modules/next/headers.js").draftMode;'],
    ['(await (0, __TURBOPACK__imported__module__$5b$project$5d2f$next$2f$headers$2e$js__["draftMode"])()).enable();'],
    ['const d = next_headers__WEBPACK_IMPORTED_MODULE_0__.draftMode;'],
    ['const d = (0,next_headers__WEBPACK_IMPORTED_MODULE_0__.draftMode)();'],
    ['const { draftMode } = __webpack_require__(/*! next/headers */ 9330);'],
  ])('is found: %s', (code) => {
    expect(inBundle(code)).toEqual(FOUND);
  });

  it.each([
    ['b.exports.cookies=a.r(1).cookies,b.exports.headers=a.r(2).headers,b.exports.draftMode=a.r(51125).draftMode}'],
    ['module.exports.draftMode = __webpack_require__(51125).draftMode'],
    ['Object.defineProperty(r,"draftMode",{enumerable:!0,get:function(){return p}})'],
    ['c.d(b,{XY:()=>d.B,cookies:()=>d.U,draftMode:()=>f.r,headers:()=>e.b});'],
    ['e.s(["draftMode",()=>p],1);case"request":return f(r.draftMode,t);case"cache":'],
    ['class G{enable(){m("draftMode().enable()",this.enable),null!==this._provider&&this._provider.enable()}}'],
    ['Error(`used \\`draftMode()\\` inside. \\`draftMode()\\` returns a Promise and must be unwrapped`)'],
    ['get draftMode(){return f.draftMode||(f.draftMode=new tf(l,n,i)),f.draftMode},resumeDataCache:1'],
    ['function S({draft:a,setDraftMode:b}){b.setDraftMode(!0),b.setPreviewData({})}'], // of a component
  ])('is not what Next, or a component, has of the word: %s', (code) => {
    expect(inBundle(code)).toEqual([]);
  });

  it('at the edge is Next’s implementation, which bundlers leave out where it is not used', () => {
    const code = 'return(await function(){}()).enable();class G{enable(){m("draftMode().enable()",this.enable)}}';
    const manifest = (files: string[]) => ({
      '.next/server/middleware-manifest.json': { middleware: { '/': { files } }, functions: {} },
    });
    expect(inBundle(code, manifest(['server/chunks/1.js']))).toEqual(FOUND);
    expect(inBundle(code, manifest(['server/chunks/2.js']))).toEqual([]);
  });
});

describe('a use of Draft Mode in a source that the build has kept', () => {
  const PASSED = "import { draftMode } from 'next/headers';\nexport const GET = () => twice(draftMode);\n";
  const withSource = (path: string, text: string) =>
    inBundle('function r(){return twice(t.draftMode)}', {
      '.next/server/chunks/1.js.map': { sections: [{ map: { sources: [path], sourcesContent: [text] } }] },
    });

  it('is found by its name, whatever the bundler has made of it', () => {
    expect(withSource('../../../../app/draft/route.ts', PASSED)).toEqual(['app/draft/route.ts']);
    expect(withSource('webpack://_N_E/./app/draft/route.ts', PASSED)).toEqual(['app/draft/route.ts']);
    expect(withSource('../../node_modules/next-cms/draft.js', PASSED)).toEqual(['node_modules/next-cms/draft.js']);
  });

  it('is not a source of Next, a comment, or another thing of that name', () => {
    expect(withSource('../../node_modules/next/src/server/x.ts', PASSED)).toEqual([]);
    const cookies = "import { cookies } from 'next/headers';\n";
    expect(withSource('app/page.tsx', `${cookies}// draftMode() would be here\n/**\n * draftMode\n */\n`)).toEqual([]);
    expect(withSource('app/page.tsx', 'export const { draftMode } = settings;\n')).toEqual([]);
    expect(
      withSource('app/page.tsx', `${cookies}const all = '/*';\nx.draftMode();\nconst any = '*/*';\n`),
    ).toHaveLength(1);
  });
});

describe('a package that stays outside of the bundles', () => {
  const traced = (file: string, code: string) =>
    usesOf({
      '.next/server/app/a/route.js.nft.json': { files: [`../../../../${file}`, '../../gone.js'] },
      [file]: code,
    });

  it('is read where a route needs it, but for Next', () => {
    const code =
      "const { draftMode } = require('next/headers'); exports.on = async () => (await draftMode()).enable();";
    expect(traced('node_modules/cms/index.js', code)).toEqual(['node_modules/cms/index.js']);
    expect(traced('node_modules/next/headers.js', code)).toEqual([]);
    expect(traced('node_modules/cms/readme.md', code)).toEqual([]);
    expect(traced('node_modules/cms/index.js', "require('next/headers').cookies")).toEqual([]);
  });
});

describe('preview data', () => {
  const CALLS = [
    't.setPreviewData({})',
    't.setDraftMode({enable:!0})',
    'let{setPreviewData:r}=t;',
    't["setDraftMode"]',
  ];

  it.each(CALLS)('is set by an API route: %s', (code) => {
    expect(usesOf({ '.next/server/pages/api/draft.js': code })).toEqual(['server/pages/api/draft.js']);
    expect(usesOf({ '.next/server/pages/api.js': code })).toEqual(['server/pages/api.js']);
    expect(usesOf({ '.next/server/pages/docs/draft.js': code })).toEqual([]);
  });

  it('is set by what an API route needs, which has its name in the source map', () => {
    const files = {
      '.next/server/pages/api/draft.js.nft.json': {
        files: ['../../chunks/1.js', '../../../../node_modules/cms/on.js'],
      },
      '.next/server/chunks/1.js': 't.setPreviewData({})',
      'node_modules/cms/on.js': 'export const on = (res) => res.setPreviewData({});',
    };
    expect(usesOf(files)).toEqual(['node_modules/cms/on.js', 'server/chunks/1.js']);
    const sources = ['../../../pages/api/draft.ts', '../../../pages/api/other.ts'];
    const map = { sources, sourcesContent: ['res.setPreviewData({})', ''] };
    const named = usesOf({ ...files, '.next/server/chunks/1.js.map': map });
    expect(named).toEqual(['node_modules/cms/on.js', 'pages/api/draft.ts']);
  });

  it('is not set by an API route that clears it, or speaks of it', () => {
    expect(usesOf({ '.next/server/pages/api/draft.js': '// no setPreviewData\nt.clearPreviewData()' })).toEqual([]);
  });
});
