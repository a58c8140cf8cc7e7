import { describe, expect, it } from 'vitest';
import { deviceOf } from '../../lib/policy/device';

const MAC = 'Macintosh; Intel Mac OS X 10_15_7';
const WIN = 'Windows NT 10.0; Win64; x64';
const LINUX = 'X11; Linux x86_64';
const PHONE = 'Linux; Android 10; K';
const IPHONE = 'iPhone; CPU iPhone OS 18_7 like Mac OS X';
const IPAD = 'iPad; CPU OS 18_7 like Mac OS X';
const blink = (machine: string, more = '') =>
  `Mozilla/5.0 (${machine}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36${more}`;
const mobileBlink = (machine: string, more = '', before = '') =>
  `Mozilla/5.0 (${machine}) AppleWebKit/537.36 (KHTML, like Gecko) ${before}Chrome/142.0.0.0 Mobile Safari/537.36${more}`;
const webkit = (machine: string, product: string) =>
  `Mozilla/5.0 (${machine}) AppleWebKit/605.1.15 (KHTML, like Gecko) ${product}`;

const asSent = (agent: string, platform?: string) =>
  deviceOf(new Headers({ 'user-agent': agent, ...(platform !== undefined && { 'sec-ch-ua-platform': platform }) }));

describe('the device of a User-Agent', () => {
  it.each<[browser: string | null, platform: string | null, agent: string]>([
    ['Chrome', 'Windows', blink(WIN)],
    ['Chrome', 'macOS', blink(MAC)],
    ['Chrome', 'Linux', blink(LINUX)],
    ['Chrome', 'ChromeOS', blink('X11; CrOS x86_64 14541.0.0')],
    ['Chrome', 'Android', mobileBlink(PHONE)],
    ['Chrome', 'Android', mobileBlink('Linux; Android 14; Pixel 8 Build/UQ1A; wv', '', 'Version/4.0 ')],
    ['Chrome', 'iOS', webkit(IPHONE, 'CriOS/142.0.7444.77 Mobile/15E148 Safari/604.1')],
    ['Chrome', 'iPadOS', webkit(IPAD, 'CriOS/142.0.7444.77 Mobile/15E148 Safari/604.1')],
    ['Chrome', 'Linux', blink(LINUX).replace('Chrome', 'HeadlessChrome')],
    ['Chromium', 'Linux', blink(LINUX).replace('Chrome', 'Ubuntu Chromium/142.0.0.0 Chrome')],
    ['Firefox', 'Windows', `Mozilla/5.0 (${WIN}; rv:145.0) Gecko/20100101 Firefox/145.0`],
    ['Firefox', 'macOS', 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:145.0) Gecko/20100101 Firefox/145.0'],
    ['Firefox', 'Linux', 'Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0'],
    ['Firefox', 'Linux', 'Mozilla/5.0 (Wayland; Linux aarch64; rv:128.0) Gecko/20100101 Firefox/128.0'],
    ['Firefox', 'Android', 'Mozilla/5.0 (Android 15; Mobile; rv:145.0) Gecko/145.0 Firefox/145.0'],
    ['Firefox', 'iOS', webkit(IPHONE, 'FxiOS/145.0 Mobile/15E148 Safari/605.1.15')],
    ['Firefox', 'iPadOS', webkit(IPAD, 'FxiOS/145.0 Mobile/15E148 Safari/605.1.15')],
    ['Firefox', 'iOS', webkit(IPHONE, 'Focus/144.0 Mobile/15E148 Version/18.0 Safari/605.1.15')],
    ['Safari', 'macOS', webkit(MAC, 'Version/26.0 Safari/605.1.15')],
    ['Safari', 'iOS', webkit(IPHONE, 'Version/26.0 Mobile/15E148 Safari/604.1')],
    ['Safari', 'iPadOS', webkit(IPAD, 'Version/18.7 Mobile/15E148 Safari/604.1')],
    [
      'Safari',
      'iOS',
      webkit('iPod touch; CPU iPhone OS 15_8 like Mac OS X', 'Version/15.8 Mobile/15E148 Safari/604.1'),
    ],
    ['Edge', 'Windows', blink(WIN, ' Edg/142.0.0.0')],
    ['Edge', 'macOS', blink(MAC, ' Edg/142.0.0.0')],
    ['Edge', 'Linux', blink(LINUX, ' Edg/142.0.0.0')],
    ['Edge', 'Android', mobileBlink(PHONE, ' EdgA/142.0.0.0')],
    ['Edge', 'iOS', webkit(IPHONE, 'Version/18.0 EdgiOS/142.0.3595.66 Mobile/15E148 Safari/604.1')],
    ['Edge', 'Windows', blink(WIN, ' Edge/18.19045')],
    ['Edge', 'Windows', blink('Windows NT 10.0; Win64; x64; Xbox; Xbox One', ' Edge/44.18363.8131')],
    ['Edge', 'Windows', mobileBlink('Windows Phone 10.0; Android 6.0.1; Microsoft; Lumia 950', ' Edge/15.15254')],
    ['Opera', 'Windows', blink(WIN, ' OPR/125.0.0.0')],
    ['Opera', 'Android', mobileBlink(PHONE, ' OPR/92.0.0.0')],
    ['Opera', 'iOS', webkit(IPHONE, 'Version/18.0 Mobile/15E148 Safari/604.1 OPT/5.9.1')],
    ['Opera', 'Windows', 'Opera/9.80 (Windows NT 6.1; WOW64) Presto/2.12.388 Version/12.18'],
    ['Samsung Internet', 'Android', mobileBlink(PHONE, '', 'SamsungBrowser/29.0 ')],
    ['Vivaldi', 'Linux', blink(LINUX, ' Vivaldi/7.6.3797.63')],
    ['Yandex Browser', 'Windows', blink(WIN).replace(' Safari', ' YaBrowser/25.10.0.0 Safari')],
    ['DuckDuckGo', 'macOS', webkit(MAC, 'Version/26.0 Safari/605.1.15 Ddg/26.0')],
    ['DuckDuckGo', 'Android', mobileBlink(PHONE, ' DuckDuckGo/5', 'Version/4.0 ')],
    ['UC Browser', 'Android', mobileBlink('Linux; U; Android 13; en-US; K', '', 'Version/4.0 UCBrowser/13.8.5.1325 ')],
    ['Internet Explorer', 'Windows', 'Mozilla/5.0 (Windows NT 10.0; WOW64; Trident/7.0; rv:11.0) like Gecko'],
    ['Internet Explorer', 'Windows', 'Mozilla/4.0 (compatible; MSIE 8.0; Windows NT 6.1)'],
    [null, 'iOS', webkit(IPHONE, 'Mobile/15E148 [FBAN/FBIOS;FBAV/532.0.0.58.110;FBDV/iPhone16,1]')],
    [null, 'Linux', webkit(LINUX, 'Version/18.0 Safari/605.1.15 Epiphany/605.1.15')],
    [null, null, 'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)'],
    [null, null, 'curl/8.14.1'],
    [null, null, 'Dalvik/2.1.0 (Linux; U; Android 14; Pixel 8 Build/UQ1A)'],
    [null, null, ''],
  ])('is %s on %s: %s', (browser, platform, agent) => {
    expect(asSent(agent)).toEqual({ browser, platform });
  });

  it('is not known where there is no header', () => {
    expect(deviceOf(new Headers())).toEqual({ browser: null, platform: null });
    expect(deviceOf(new Headers({ 'sec-ch-ua-platform': '"Windows"' }))).toEqual({ browser: null, platform: null });
  });

  it.each([
    ['"macOS"', 'macOS'],
    ['"Windows"', 'Windows'],
    ['"Chrome OS"', 'ChromeOS'],
    ['"Chromium OS"', 'ChromeOS'],
    ['"Android"', 'Android'],
    ['"Unknown"', 'Linux'],
    ['""', 'Linux'],
    ['Windows', 'Linux'],
    ['"Windows", "macOS"', 'Linux'],
    ['"<b>Windows</b>"', 'Linux'],
    ['"constructor"', 'Linux'],
    [`"${'W'.repeat(9_000)}"`, 'Linux'],
  ])('has the platform of the hint %s: %s', (hint, platform) => {
    expect(asSent(blink(LINUX), hint)).toEqual({ browser: 'Chrome', platform });
  });

  it.each([
    ['a megabyte', blink(WIN, ' Chrome/1'.repeat(116_000))],
    ['1,025 characters', blink(WIN).padEnd(1025, 'x')],
    ['markup in front', `<script>alert(1)</script> ${blink(WIN)}`],
    ['a terminal sequence', blink(WIN, '\u009b31m')],
    ['a tab', blink(WIN, '\tx')],
    ['letters of another script', blink(WIN, ' \u00e9')],
  ])('is not known with %s', (_, agent) => {
    expect(deviceOf({ get: (name) => (name === 'user-agent' ? agent : null) })).toEqual({
      browser: null,
      platform: null,
    });
  });

  it('has no text of the header in it', () => {
    const agent = blink('Windows<img src=x>; Win64', ' Edg/<script>');
    expect(asSent(agent)).toEqual({ browser: 'Chrome', platform: 'Windows' });
  });

  it('has the family of a version that is not there yet, and of none that only begins like it', () => {
    expect(asSent(blink(WIN).replace('142.0.0.0', '9999999'))).toEqual({ browser: 'Chrome', platform: 'Windows' });
    expect(asSent('Mozilla/5.0 (WindowsX) NotChrome/1 Chrome')).toEqual({ browser: null, platform: null });
  });
});
