import { describe, expect, it } from 'vitest';
import { parseCookies, withoutCookie } from '../../lib/session/cookies';

const NAME = '__Host-Http-session';

describe('the Cookie header without one cookie', () => {
  it.each([
    ['the only one', `${NAME}=x`, ''],
    ['the first', `${NAME}=x; a=1; b=2`, 'a=1; b=2'],
    ['one in the middle', `a=1; ${NAME}=x; b=2`, 'a=1; b=2'],
    ['the last', `a=1; b=2; ${NAME}=x`, 'a=1; b=2'],
    ['every one of that name', `${NAME}=x; a=1; ${NAME}=y; ${NAME}=`, 'a=1'],
    ['one with white space around its name', `a=1; \t${NAME} =x; b=2`, 'a=1; b=2'],
    ['one without the space between', `a=1;${NAME}=x;b=2`, 'a=1;b=2'],
    ['one whose value has an equals sign', `${NAME}=x=y; a=1`, 'a=1'],
    ['one beside a cookie without a name', `bare; ${NAME}=x; a=1`, 'bare; a=1'],
    ['one beside one without a name, at the end', `a=1; ${NAME}=x; bare`, 'a=1; bare'],
    ['one beside one without a name that reads like it', `${NAME}; ${NAME}=x`, NAME],
    ['one beside one with an empty name', `=v; ${NAME}=x`, '=v'],
    ['one beside one without a value', `a=; ${NAME}=x; b`, 'a=; b'],
    ['one beside names that only begin or end like it', `${NAME}2=x; x${NAME}=y; ${NAME}=z`, `${NAME}2=x; x${NAME}=y`],
    ['one beside a name in another case', `${NAME.toLowerCase()}=x; ${NAME}=y`, `${NAME.toLowerCase()}=x`],
    ['one beside a look-alike that a sibling host may set', `\u00a0${NAME}=x; ${NAME}=y`, `\u00a0${NAME}=x`],
    ['one between odd spaces, quotes and bytes', `a = "1" ;  b=\u00e9%;; ${NAME}=x;c`, 'a = "1" ;  b=\u00e9%;;c'],
    ['none', 'a=1;  bare ;; b = 2 ;', 'a=1;  bare ;; b = 2 ;'],
  ])('takes out %s', (_, header, expected) => {
    expect(withoutCookie(header, NAME)).toBe(expected);
  });

  it('is empty where none was sent', () => {
    expect([withoutCookie(null, NAME), withoutCookie('', NAME)]).toEqual(['', '']);
  });

  // Long enough that whatever looks at each place with each other one would not come to its end within the test's time.
  it.each([
    ['semicolons', ';'.repeat(1_000_000)],
    ['spaces', ' '.repeat(1_000_000)],
    ['equals signs', '='.repeat(1_000_000)],
    ['its own name', `${NAME}=x;`.repeat(50_000)],
  ])('comes to an end with a long one of %s', (_, header) => {
    expect(withoutCookie(`${header}; a=1`, NAME)).toMatch(/a=1$/);
  });
});

describe('the pairs of a Cookie header', () => {
  it('have names, and whatever is none is left out', () => {
    expect(parseCookies('a=1; bare; =v; b = x=y ;; c')).toEqual([
      ['a', '1'],
      ['', 'v'],
      ['b', 'x=y'],
    ]);
    expect(parseCookies(null)).toEqual([]);
  });
});
