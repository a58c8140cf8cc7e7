import type { JWTPayload } from 'jose';
import { describe, expect, it } from 'vitest';
import { sha256 } from '../../lib/crypto/random';
import { createSealer } from '../../lib/crypto/seal';
import { freshness, prolongedIdleEnd } from '../../lib/policy/freshness';
import { parseCookies, withoutCookie } from '../../lib/session/cookies';
import { publicSession } from '../../lib/session/public-session';
import { openSession, sealSession } from '../../lib/session/session-cookie';
import type { Claims } from '../../lib/types/claims';
import type { Session } from '../../lib/types/session';
import { settingsWith } from '../world/settings';

const NOW = 1_800_000_000;
/** Of the session. */
const ID = await sha256('a'.repeat(43));
const settings = settingsWith();
const onLoopback = { ...settings, session: { ...settings.session, secureCookies: false } };
const deps = { settings, sealer: createSealer({ settings, now: () => NOW * 1000 }) };
const session = (claims: Claims = { name: 'Ana' }): Session => ({
  sub: 'user-1',
  sid: 'a'.repeat(43),
  id: ID,
  browser: 'browser',
  claims,
  scope: 'openid',
  generation: 1,
  createdAt: NOW,
  tokensIssuedAt: NOW,
  tokensExpireAt: NOW + 900,
  renewable: true,
  idleEndsAt: NOW + 3600,
  absoluteEndsAt: NOW + 7200,
});
const LIVES = { idleSeconds: 3600, absoluteSeconds: 7200 };
const pair = (setCookie: string) => setCookie.slice(0, setCookie.indexOf(';'));

/** What is under the seal of a session's cookie. */
const opened = (setCookie: string) => deps.sealer.open('session', pair(setCookie).slice('__Host-Http-session='.length));

describe('the session cookie', () => {
  it('carries the session, hardened, until its nearer end', async () => {
    const sealed = await sealSession(session(), NOW, deps);
    expect(sealed.setCookie).toMatch(
      /^__Host-Http-session=[\w.-]+; Path=\/; Max-Age=3600; HttpOnly; SameSite=Lax; Secure$/,
    );
    expect(await openSession(pair(sealed.setCookie), deps)).toEqual({ session: session(), stale: false });
  });

  it('is over at its absolute end, where that is the nearer one', async () => {
    const { setCookie } = await sealSession(
      { ...session(), idleEndsAt: NOW + 7200, absoluteEndsAt: NOW + 60 },
      NOW,
      deps,
    );
    expect(setCookie).toContain('; Max-Age=60;');
    const later = { ...deps, sealer: createSealer({ settings, now: () => (NOW + 61) * 1000 }) };
    expect(await openSession(pair(setCookie), later)).toEqual({ session: null, stale: true });
  });

  it('has no prefix and no Secure on a loopback http origin', async () => {
    const local = { ...deps, settings: onLoopback };
    const sealed = await sealSession(session(), NOW, local);
    expect(sealed.setCookie).toMatch(/^gatehouse_session=[\w.-]+; Path=\/; Max-Age=3600; HttpOnly; SameSite=Lax$/);
  });

  it('is no cookie called session there: it belongs to another program, and is neither read nor cleared', async () => {
    const local = { ...deps, settings: onLoopback };
    for (const header of ['session=x', 'session=x; session=y'])
      expect(await openSession(header, local)).toEqual({ session: null, stale: false });
    expect(await openSession('gatehouse_session=x', local)).toEqual({ session: null, stale: true });
    const docs = { ...local, settings: { session: { ...onLoopback.session, cookieName: 'docs' } } };
    expect((await sealSession(session(), NOW, docs)).setCookie).toMatch(/^gatehouse_docs=/);
    expect(await openSession('gatehouse_session=x', docs)).toEqual({ session: null, stale: false });
  });

  it('stays within 3,072 bytes by dropping the largest claims first, and says which', async () => {
    const claims = {
      name: 'Ana',
      roles: ['admin'],
      permissions: Array(200).fill('x'.repeat(20)),
      picture: 'p'.repeat(2000),
    };
    const sealed = await sealSession(session(claims), NOW, deps);
    expect(sealed.dropped).toEqual(['permissions', 'picture'].slice(0, sealed.dropped.length));
    expect(sealed.dropped[0]).toBe('permissions');
    expect(sealed.setCookie.length).toBeLessThanOrEqual(3072);
    expect(sealed.session.claims).toMatchObject({ name: 'Ana', roles: ['admin'] });
    expect((await openSession(pair(sealed.setCookie), deps)).session?.claims).toEqual(sealed.session.claims);
  });

  it('keeps the roles that a rule names of a list that is far too long, and seals but once', async () => {
    const ids = Array.from(
      { length: 5_000 },
      (_, place) => `5f6d1c0e-0000-4000-8000-${String(place).padStart(12, '0')}`,
    );
    const admin = ids[4_711] ?? '';
    const many = Object.fromEntries(Array.from({ length: 30 }, (_, place) => [`claim-${place}`, 'x'.repeat(place)]));
    let seals = 0;
    const counting: typeof deps.sealer = {
      ...deps.sealer,
      seal: (...args) => {
        seals += 1;
        return deps.sealer.seal(...args);
      },
    };
    const named = new Map([
      ['roles', new Set([admin, 'root'])],
      ['groups', new Set(['red'])],
    ]);
    const claims = { ...many, roles: ids, groups: [...ids, 'red'] };
    const sealed = await sealSession(session(claims), NOW, { ...deps, sealer: counting, named });
    expect(sealed.session.claims).toEqual({ roles: [admin], groups: ['red'] });
    expect(sealed.dropped).toEqual(expect.arrayContaining(['roles', 'groups', 'claim-29']));
    expect(sealed.setCookie.length).toBeLessThanOrEqual(3072);
    expect(seals).toBe(1);
  });

  it('drops nothing that fits', async () => {
    expect((await sealSession(session({ picture: 'p'.repeat(1000) }), NOW, deps)).dropped).toEqual([]);
  });
});

describe('what is not a session', () => {
  it('no cookie is no session, and nothing to clear', async () => {
    for (const header of [null, '', 'other=1', 'gatehouse_session=x'])
      expect(await openSession(header, deps)).toEqual({ session: null, stale: false });
  });

  it('garbage is no session, and is cleared', async () => {
    for (const value of ['', 'x', 'a.b.c.d.e', '"quoted"', 'a'.repeat(8000)])
      expect(await openSession(`__Host-Http-session=${value}`, deps)).toEqual({ session: null, stale: true });
  });

  it('a doubled cookie is no session, even when both are good', async () => {
    const good = pair((await sealSession(session(), NOW, deps)).setCookie);
    expect(await openSession(`${good}; ${good}`, deps)).toEqual({ session: null, stale: true });
    expect(await openSession(`${good}; other=1`, deps)).toMatchObject({ stale: false });
  });

  it('a well sealed value of another shape is no session', async () => {
    const { sealer } = deps;
    const shapes = [{}, { sub: 'a' }, { sub: 1, sid: 's', gen: 1, iat: 1, tex: 1, idl: 1, abs: 1, clm: {} }];
    for (const shape of shapes) {
      const value = await sealer.seal('session', { ...shape } as JWTPayload, NOW + 60);
      expect(await openSession(`__Host-Http-session=${value}`, deps)).toEqual({ session: null, stale: true });
    }
  });

  it.each([
    ['sub', 1],
    ['sid', undefined],
    ['scp', undefined],
    ['gen', '1'],
    ['tis', undefined],
    ['tex', 1.5],
    ['idl', null],
    ['abs', String(NOW + 7200)],
    ['clm', undefined],
    ['clm', null],
    ['clm', 'name'],
    ['clm', ['Ana']],
  ])('a well sealed one whose %s is %j is none', async (name, part) => {
    const { sealer } = deps;
    const good = await opened((await sealSession(session(), NOW, deps)).setCookie);
    expect(good).toMatchObject({ sub: 'user-1' });
    const value = await sealer.seal('session', { ...good, [name]: part }, NOW + 60);
    expect(await openSession(`__Host-Http-session=${value}`, deps)).toEqual({ session: null, stale: true });
  });

  it('one that does not say whether it can be renewed cannot be', async () => {
    const { sealer } = deps;
    const { rnw, ...good } = (await opened((await sealSession(session(), NOW, deps)).setCookie)) ?? {};
    expect(rnw).toBe(true);
    const value = await sealer.seal('session', good, NOW + 60);
    expect((await openSession(`__Host-Http-session=${value}`, deps)).session).toMatchObject({ renewable: false });
  });

  it('a flow is no session', async () => {
    const value = await deps.sealer.seal('flow', { ...session() } as JWTPayload, NOW + 60);
    expect((await openSession(`__Host-Http-session=${value}`, deps)).session).toBeNull();
  });
});

describe('what the browser code of the site may know', () => {
  it('is whose session it is, whatever a claim is called', () => {
    const { user } = publicSession(session({ sub: 'somebody-else', name: 'Ana' }));
    expect(user).toEqual({ sub: 'user-1', name: 'Ana' });
  });
});

describe('ends of a session', () => {
  it.each([
    [NOW, 'fresh'],
    [NOW + 719, 'fresh'],
    [NOW + 720, 'due'],
    [NOW + 899, 'due'],
    [NOW + 900, 'expired'],
    [NOW + 3600, 'ended'],
    [NOW + 9999, 'ended'],
  ])('at %i it is %s', (now, expected) => {
    expect(freshness(session(), now)).toBe(expected);
  });

  it.each([
    [20, 10], // half of a very short life
    [100, 50],
    [200, 140], // at least a minute
    [3600, 2880], // the last fifth
  ])('tokens of %i seconds are due after %i', (life, due) => {
    const one = { ...session(), tokensExpireAt: NOW + life };
    expect([freshness(one, NOW + due - 1), freshness(one, NOW + due)]).toEqual(['fresh', 'due']);
  });

  it('the absolute end is the end, whatever the idle one is', () => {
    const busy = { ...session(), idleEndsAt: NOW + 9000, tokensExpireAt: NOW + 9000 };
    expect([freshness(busy, NOW + 7199), freshness(busy, NOW + 7200)]).toEqual(['fresh', 'ended']);
  });

  it('what cannot be renewed is never due', () => {
    expect(freshness({ ...session(), renewable: false }, NOW + 899)).toBe('fresh');
  });

  it('the idle end moves after a quarter of the idle time, and never past the absolute end', () => {
    expect(prolongedIdleEnd(session(), LIVES, NOW + 899)).toBeNull();
    expect(prolongedIdleEnd(session(), LIVES, NOW + 900)).toBe(NOW + 4500);
    expect(prolongedIdleEnd(session(), LIVES, NOW + 5000)).toBe(NOW + 7200);
    expect(prolongedIdleEnd({ ...session(), idleEndsAt: NOW + 7200 }, LIVES, NOW + 7000)).toBeNull();
  });

  it('the idle end moves past an end that the provider sets, because a newer ID token may move that', () => {
    const short = { ...session(), absoluteEndsAt: NOW + 1000 };
    expect(prolongedIdleEnd(short, LIVES, NOW + 900)).toBe(NOW + 4500);
    expect(freshness({ ...short, idleEndsAt: NOW + 4500 }, NOW + 1000)).toBe('ended');
  });
});

describe('a Cookie header', () => {
  it('is read in order, doubles, equals signs and odd spaces included', () => {
    expect(parseCookies('a=1;b=x=y;  a=2 ; junk; =z')).toEqual([
      ['a', '1'],
      ['b', 'x=y'],
      ['a', '2'],
      ['', 'z'],
    ]);
    expect(parseCookies('\u00a0a=1; \u2003a=2; a=3\u00a0;\ta\t=4')).toEqual([
      ['\u00a0a', '1'],
      ['\u2003a', '2'],
      ['a', '3\u00a0'],
      ['a', '4'],
    ]);
    expect(withoutCookie('a=1; b=2; a=3', 'a')).toBe('b=2');
    expect(withoutCookie('a=1', 'a')).toBe('');
  });
});
