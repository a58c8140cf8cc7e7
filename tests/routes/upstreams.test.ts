import { describe, expect, it } from 'vitest';
import type { Rule } from '../../lib/policy/rule';
import { env, type Upstream } from '../../lib/policy/upstream';
import { judge, type Site } from './judge';

const api = (token: Upstream['token'], more: Partial<Upstream> = {}) =>
  ({ path: '/api/*', to: env('API_URL'), token, ...more }) as Upstream;
const judged = (upstream: Upstream, rules: Rule[] = [], parts: Partial<Site> = {}) => {
  const { rows, ...others } = judge(parts, rules, { upstreams: [upstream] });
  const row = rows.find(({ route }) => route.startsWith('upstream '));
  if (!row) throw new Error('the upstream is not listed');
  return { ...others, row };
};

describe('an upstream', () => {
  it.each<[upstream: Upstream, shown: string]>([
    [api('user'), 'upstream /api/* ⇒ API_URL, token user'],
    [
      api('user', { path: '/status', to: 'https://api.example/v1' }),
      'upstream /status ⇒ https://api.example/v1, token user',
    ],
  ])('is listed with its address, its token and its rules', (upstream, shown) => {
    const { row, faults, warnings } = judged(upstream);
    expect([row, faults, warnings]).toEqual([{ route: shown, rules: ['/* → session'] }, [], []]);
  });

  it('is what a rule is for, as a route is', () => {
    expect(judged(api('user'), [{ path: '/api/bills/*', allow: { roles: ['finance'] } }]).idle).toEqual([]);
    expect(judged(api('user'), [{ path: '/other', allow: 'session' }]).idle).toEqual(['/other']);
    const hidden: Rule[] = [
      { path: '/:any/status', allow: 'optional' },
      { path: '/api/*', allow: 'session' },
    ];
    expect(judged(api('optional'), hidden).faults).toEqual([expect.stringContaining('does not apply to /api/status')]);
  });
});

describe("token 'user'", () => {
  it.each<[opening: Rule, method?: Rule['methods']]>([
    [{ path: '/api/*', allow: 'public' }],
    [{ path: '/api/*', allow: 'optional' }],
    [{ path: '/*', allow: 'public' }],
    [{ path: '/api', allow: 'optional' }],
    [{ path: '/api/status', allow: 'public' }],
    [{ path: '/api/:name/status', allow: 'public' }],
    [{ path: '/:section/:page', allow: 'public' }],
    [{ path: '/api/*', methods: ['GET'], allow: 'public' }],
    [{ path: '/api/deep/down/below/*', methods: ['OPTIONS'], allow: 'optional' }],
    [{ path: '/api/*', methods: ['HEAD'], allow: 'public' }, ['GET']],
  ])('is a fault where a rule opens any path or method of the upstream: %j', (opening, methods) => {
    const { row } = judged(api('user', methods && { methods }), [opening]);
    expect(row.fault).toContain(
      `under ${opening.methods ? `${opening.methods} ` : ''}${opening.path} → ${opening.allow}`,
    );
  });

  it.each<[rules: Rule[], methods?: Rule['methods']]>([
    [[{ path: '/api/*', allow: 'session' }]],
    [
      [
        { path: '/api', allow: { roles: ['admin'] } },
        { path: '/public', allow: 'public' },
      ],
    ],
    [
      [
        { path: '/api/*', allow: 'session' },
        { path: '/*', allow: 'public' },
      ],
    ],
    [[{ path: '/apis/*', allow: 'public' }]],
    [[{ path: '/api/*', methods: ['GET'], allow: 'public' }], ['POST', 'PUT']],
  ])('is none where every one of them needs a session: %j', (rules, methods) => {
    const { row, faults } = judged(api('user', methods && { methods }), rules);
    expect([row.fault, faults]).toEqual([undefined, []]);
  });
});

describe("token 'optional'", () => {
  it('is a fault where no rule opens the upstream', () => {
    const [fault, ...others] = judged(api('optional'), [{ path: '/api/*', allow: { roles: ['admin'] } }]).faults;
    expect([fault, others]).toEqual([expect.stringContaining("/api/* has token 'optional', and no rule opens it"), []]);
    expect(judged(api('optional')).faults).toHaveLength(1);
  });

  it('is none where a rule opens a part of it, and a warning where that rule hides the session', () => {
    const shown = judged(api('optional'), [{ path: '/api/news/*', allow: 'optional' }]);
    expect([shown.faults, shown.warnings, shown.row.fault]).toEqual([[], [], undefined]);
    const { faults, warnings } = judged(api('optional'), [{ path: '/api/news/*', allow: 'public' }]);
    expect([faults, warnings]).toEqual([[], [expect.stringContaining('gets none under /api/news/* → public')]]);
  });
});

describe("token 'none'", () => {
  it('is a warning where no rule opens the upstream, and nothing where one does', () => {
    const closed = judged(api('none'));
    expect([closed.faults, closed.warnings]).toEqual([
      [],
      [expect.stringContaining("has token 'none', and no rule opens it")],
    ]);
    const open = judged(api('none'), [{ path: '/api/*', allow: 'public' }]);
    expect([open.faults, open.warnings, open.row.fault]).toEqual([[], [], undefined]);
  });
});

describe('what the site has under the path of an upstream', () => {
  const warningOf = (parts: Partial<Site>, upstream = api('user')) => judged(upstream, [], parts).warnings;

  it.each(['/api', '/api/me', '/api/[id]', '/api/[...all]', '/api/[[...all]]', '/api/logo.svg', '/api/a/[id]/b'])(
    'is a warning, because it never answers: %s',
    (route) => {
      expect(warningOf({ routes: ['/', route] })).toEqual([
        `the upstream /api/* takes the place of what the site has there: ${route} never answers`,
      ]);
    },
  );

  it.each(['/', '/apis', '/[...all]', '/[lang]/api', '/other/api'])(
    'is none where other paths lead to it: %s',
    (route) => {
      expect(warningOf({ routes: [route] })).toEqual([]);
    },
  );

  it('is the route with the same path, where the upstream has no star', () => {
    const upstream = api('user', { path: '/api' });
    expect(warningOf({ routes: ['/api', '/api/me'] }, upstream)).toEqual([
      expect.stringMatching(/: \/api never answers$/),
    ]);
  });

  it.each(['/api/docs', '/api/docs/:path*', '/api/:path*'])('is a rewrite: %s', (source) => {
    const [warning] = warningOf({ rewrites: [{ source, destination: '/docs' }] });
    expect(warning).toContain(`the rewrite of ${source} never answers`);
  });

  it('is a warning of its own where the case differs alone', () => {
    expect(warningOf({ routes: ['/API/me', '/Api'] })).toEqual([
      'the upstream /api/* does not take /API/me, /Api, because upper and lower case differ',
    ]);
  });
});

it('is a fault where the matcher of the middleware leaves paths of it out', () => {
  const { faults } = judged(api('user'), [], { isGated: (path) => !path.startsWith('/api') });
  expect(faults).toEqual([
    expect.stringMatching(/^the upstream \/api\/\* is not called for all of its paths, because /),
  ]);
});
