import { documented } from './documented';

/** A site that is not ours, as it is before `gatehouse init`. */
export interface Site {
  readonly name: string;
  readonly what: string;
  /** A template of `create-next-app` that the site begins with. */
  readonly template?: `${'app-tw' | 'app-empty'}/${'ts' | 'js'}`;
  /** Folders of `sites/` that make up the site, the later over the earlier. */
  readonly folders: readonly string[];
  /** Pages that the documentation shows to copy, by the file they go into. */
  readonly documented: Readonly<Record<string, string>>;
  /** The configuration that `init` writes. */
  readonly rulesFile: string;
  /** Whether the owner adds rules and an API of the site's own; else the site is built as `init` leaves it. */
  readonly addsRules: boolean;
  /** Paths that the rules of the owner open. */
  readonly opens: readonly string[];
  /** Arguments of `next build`. */
  readonly build: readonly string[];
  /** Where the site lives on its host. */
  readonly basePath: '' | `/${string}`;
  readonly server: 'next start' | 'server.js';
}

const COMMON = {
  rulesFile: 'gatehouse.config.ts',
  addsRules: true,
  opens: ['/about', '/signed-out', '/api/echo'],
  build: [],
  basePath: '',
  server: 'next start',
} as const;

export const SITES: readonly Site[] = [
  {
    ...COMMON,
    name: 'create-next-app',
    what: 'as `create-next-app` makes it: App Router, Turbopack, Cache Components, Tailwind',
    template: 'app-tw/ts',
    folders: ['common', 'app-pages', 'create-next-app'],
    documented: { 'app/dashboard/page.tsx': documented('docs/cache-components.md', '// app/dashboard/page.tsx') },
    addsRules: false,
  },
  {
    ...COMMON,
    name: 'pages-router',
    what: 'Pages Router with `basePath` and i18n, configured in CommonJS',
    folders: ['common', 'typescript', 'pages-router'],
    documented: { 'pages/profile.tsx': documented('docs/pages-router.md', '// pages/account.tsx') },
    basePath: '/base',
  },
  {
    ...COMMON,
    name: 'next-intl',
    what: '`src/`, webpack and next-intl, with its middleware and its plugin',
    folders: ['common', 'typescript', 'next-intl'],
    documented: {},
    rulesFile: 'src/gatehouse.config.ts',
    opens: [...COMMON.opens, '/seen'],
    build: ['--webpack'],
  },
  {
    ...COMMON,
    name: 'javascript',
    what: 'plain JavaScript, from the empty template of `create-next-app`',
    template: 'app-empty/js',
    folders: ['common', 'javascript'],
    documented: {},
    rulesFile: 'gatehouse.config.js',
  },
  {
    ...COMMON,
    name: 'standalone',
    what: '`output: standalone` with a `proxy.ts` of its own, without Next’s command',
    folders: ['common', 'typescript', 'app-layout', 'app-pages', 'standalone'],
    documented: {
      'instrumentation.ts': documented('docs/deployment.md', '// instrumentation.ts'),
      'app/devices/page.tsx': documented('docs/devices.md', '// app/devices/page.tsx'),
    },
    server: 'server.js',
  },
];
