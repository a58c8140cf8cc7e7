import { describe, expect, it } from 'vitest';
import { imageSource } from '../../lib/next/served-paths';

describe('the picture that Next is asked for, on a site below a base path', () => {
  it.each([
    ['/base/icon.svg', ['/icon.svg']],
    ['/abcd/icon.svg', null],
    ['/basement/icon.svg', null],
  ])('%s is %j', (source, expected) => {
    const url = new URL('https://site.example/base/_next/image');
    url.searchParams.set('url', source);
    expect(imageSource(url, '/base')).toEqual(expected);
  });
});
