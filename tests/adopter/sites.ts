import { documented } from './documented';

/** A site that is not ours, and what its owner does to put the gate in front of it. */
export interface Site {
  readonly name: string;
  readonly what: string;
  /** Folders of `sites/` that make up the site, the later over the earlier. */
  readonly folders: readonly string[];
  /** What the documentation shows to copy, by the file it goes into. */
  readonly documented: Readonly<Record<string, string>>;
  /** Arguments of `next build`. */
  readonly build: readonly string[];
  /** Where the site lives on its host. */
  readonly basePath: '' | `/${string}`;
  /** Its addresses in another language. */
  readonly locale: '' | `/${string}`;
  readonly server: 'next start' | 'server.js';
}

const middleware = documented('README.md', '// middleware.ts');

export const SITES: readonly Site[] = [
  {
    name: 'app-router',
    what: 'App Router as `create-next-app` makes it: Turbopack, Cache Components',
    folders: ['common', 'rules', 'app-pages', 'app-router'],
    documented: {
      'middleware.ts': middleware,
      'app/dashboard/page.tsx': documented('docs/cache-components.md', '// app/dashboard/page.tsx'),
    },
    build: [],
    basePath: '',
    locale: '',
    server: 'next start',
  },
  {
    name: 'pages-router',
    what: 'Pages Router with `basePath` and i18n, configured in CommonJS',
    folders: ['common', 'rules', 'pages-router'],
    documented: {
      'middleware.ts': middleware,
      'pages/profile.tsx': documented('docs/rules.md', '// pages/account.tsx'),
    },
    build: [],
    basePath: '/base',
    locale: '/de',
    server: 'next start',
  },
  {
    name: 'next-intl',
    what: '`src/`, webpack and next-intl, whose middleware and plugin stand beside the gate',
    folders: ['common', 'next-intl'],
    documented: { 'src/middleware.ts': documented('docs/composition.md', '// src/middleware.ts') },
    build: ['--webpack'],
    basePath: '',
    locale: '/de',
    server: 'next start',
  },
  {
    name: 'standalone',
    what: '`output: standalone` with a `proxy.ts` of its own behind the gate, without Next’s command',
    folders: ['common', 'rules', 'app-pages', 'standalone'],
    documented: {
      'instrumentation.ts': documented('docs/deployment.md', '// instrumentation.ts'),
      'app/devices/page.tsx': documented('docs/devices.md', '// app/devices/page.tsx'),
    },
    build: [],
    basePath: '',
    locale: '',
    server: 'server.js',
  },
];
