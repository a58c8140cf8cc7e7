import { expect, it } from 'vitest';
import type { Requirements } from '../../lib/policy/rule';
import { judge } from './judge';

it.each<[Requirements, printed: string]>([
  [{ roles: ['admin', 'root'] }, 'roles admin,root'],
  [{ claims: { team: { oneOf: ['red', 7, true] } } }, 'claims {"team":{"oneOf":["red",7,true]}}'],
  [{ claims: { team: { includes: 'red' } }, maxAge: 60 }, 'claims {"team":{"includes":"red"}}, maxAge 60'],
])('a rule is printed with what it requires: %j', (allow, printed) => {
  const [row] = judge({ routes: ['/team'] }, [{ path: '/team', allow }]).rows;
  expect(row?.rules).toEqual([`/team → ${printed}`]);
});
