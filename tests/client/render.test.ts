import { createElement } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { describe, expect, it } from 'vitest';
import { SessionCountdown, SignIn, SignOut, useSession } from '../../lib/client';
import type { PublicSession } from '../../lib/types/session.ts';
import { sessionOf } from './fake-browser';

function Shown({ initial }: { readonly initial?: PublicSession | null }) {
  const { status, session, secondsLeft } = useSession(initial);
  return createElement('p', null, `${status} ${session?.user.sub ?? '-'} ${secondsLeft}`);
}

describe('on the server', () => {
  it.each<[string, PublicSession | null | undefined]>([
    ['<p>loading - null</p>', undefined],
    ['<p>signed-out - null</p>', null],
    ['<p>signed-in ana null</p>', sessionOf('ana', 30)],
  ])('a component renders %s, which does not depend on a clock', (html, initial) => {
    expect(renderToStaticMarkup(createElement(Shown, { ...(initial !== undefined && { initial }) }))).toBe(html);
  });

  it('no session of one request is seen by another', () => {
    renderToStaticMarkup(createElement(Shown, { initial: sessionOf('ana') }));
    expect(renderToStaticMarkup(createElement(Shown))).toBe('<p>loading - null</p>');
  });

  it('the countdown renders nothing', () => {
    expect(renderToStaticMarkup(createElement(SessionCountdown))).toBe('');
  });
});

describe('without script', () => {
  it('a link signs in, and comes back to a page', () => {
    const link = createElement(SignIn, { returnTo: '/a b?c=d&e', className: 'button' }, 'Masuk');
    expect(renderToStaticMarkup(link)).toBe(
      '<a class="button" href="/auth/login?returnTo=%2Fa%20b%3Fc%3Dd%26e">Masuk</a>',
    );
    expect(renderToStaticMarkup(createElement(SignIn))).toBe('<a href="/auth/login">Sign in</a>');
  });

  it('a form signs out', () => {
    expect(renderToStaticMarkup(createElement(SignOut, { className: 'button' }))).toBe(
      '<form action="/auth/logout" method="post"><button class="button" type="submit">Sign out</button></form>',
    );
  });
});
