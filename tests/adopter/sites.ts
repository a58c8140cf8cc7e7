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
  /** What the owner of the site tells `gatehouse init`; of each site `/admin` is for a role. */
  readonly init: readonly string[];
  /** Arguments of `next build`. */
  readonly build: readonly string[];
  /** Where the site lives on its host. */
  readonly basePath: '' | `/${string}`;
  readonly server: 'next start' | 'server.js' | 'server.js behind nginx';
}

const ROLE = ['--role', 'admin=/admin/*'];
const PUBLIC = ['--public', '/about', '--public', '/api/echo'];
const API = ['--upstream', '/api/backend/*=BACKEND_API_URL'];
const COMMON = { documented: {}, build: [], basePath: '', server: 'next start' } as const;

export const SITES: readonly Site[] = [
  {
    ...COMMON,
    name: 'create-next-app',
    what: 'as `create-next-app` makes it: App Router, Turbopack, Cache Components, Tailwind',
    template: 'app-tw/ts',
    folders: ['common', 'app-pages', 'create-next-app'],
    documented: { 'app/dashboard/page.tsx': documented('docs/cache-components.md', '// app/dashboard/page.tsx') },
    init: ROLE,
  },
  {
    ...COMMON,
    name: 'pages-router',
    what: 'Pages Router with `basePath` and i18n, configured in CommonJS',
    folders: ['common', 'typescript', 'pages-router'],
    documented: { 'pages/profile.tsx': documented('docs/pages-router.md', '// pages/account.tsx') },
    init: [...ROLE, ...PUBLIC, ...API],
    basePath: '/base',
  },
  {
    ...COMMON,
    name: 'next-intl',
    what: '`src/`, webpack and next-intl, with its middleware and its plugin',
    folders: ['common', 'typescript', 'next-intl'],
    init: [...ROLE, ...PUBLIC, '--public', '/seen'],
    build: ['--webpack'],
  },
  {
    ...COMMON,
    name: 'javascript',
    what: 'plain JavaScript, from the empty template of `create-next-app`',
    template: 'app-empty/js',
    folders: ['common', 'javascript'],
    init: [...ROLE, ...PUBLIC],
  },
  {
    ...COMMON,
    name: 'own-proxy',
    what: 'a `proxy.ts` of its own, `output: standalone` without Next’s command',
    folders: ['common', 'typescript', 'app-layout', 'app-pages', 'own-proxy'],
    documented: {
      'instrumentation.ts': documented('docs/deployment.md', '// instrumentation.ts'),
      'app/devices/page.tsx': documented('docs/devices.md', '// app/devices/page.tsx'),
    },
    init: [...ROLE, ...PUBLIC, ...API],
    server: 'server.js',
  },
  {
    ...COMMON,
    name: 'standalone',
    what: '`output: standalone` behind the nginx of the documentation, with TLS',
    template: 'app-empty/js',
    folders: ['common', 'javascript', 'standalone'],
    init: ROLE,
    server: 'server.js behind nginx',
  },
];

export const opensAbout = ({ init }: Site) => init.includes('/about');
