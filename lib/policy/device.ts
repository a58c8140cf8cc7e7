import type { Device } from '../types/ended.ts';

type Family = readonly [family: string, pattern: RegExp];

/** In order: a browser that is built on another one names both. */
const BROWSERS: readonly Family[] = [
  ['Edge', /\bEdg(?:e|A|iOS)?\/\d/],
  ['Opera', /\b(?:OPR|OPiOS|OPT|Opera)\/\d/],
  ['Samsung Internet', /\bSamsungBrowser\/\d/],
  ['Vivaldi', /\bVivaldi\/\d/],
  ['Yandex Browser', /\bYaBrowser\/\d/],
  ['DuckDuckGo', /\b(?:DuckDuckGo|Ddg)\/\d/],
  ['UC Browser', /\bUCBrowser\/\d/],
  ['Firefox', /\b(?:Firefox|FxiOS|Focus)\/\d/],
  ['Chromium', /\bChromium\/\d/],
  ['Chrome', /\b(?:Chrome|CriOS|HeadlessChrome)\/\d/],
  ['Internet Explorer', /\b(?:MSIE |Trident\/)\d/],
  // Other programs on WebKit have the same tokens, but none runs on a machine of Apple's.
  ['Safari', /^[^(]*\((?:Macintosh|iPhone|iPad|iPod)\b.*\bVersion\/\d.*\bSafari\/\d/],
];

/** In order: an iPhone is `like Mac OS X`, a phone of Windows names Android and the iPhone, Android names Linux. */
const PLATFORMS: readonly Family[] = [
  ['Windows', /^[^(]*\([^)]*\bWindows\b/],
  ['iPadOS', /^[^(]*\(iPad\b/],
  ['iOS', /^[^(]*\((?:iPhone|iPod)\b/],
  ['Android', /^[^(]*\([^)]*\bAndroid\b/],
  ['macOS', /^[^(]*\(Macintosh\b/],
  ['ChromeOS', /^[^(]*\([^)]*\bCrOS\b/],
  ['Linux', /^[^(]*\([^)]*\b(?:Linux|X11)\b/],
];

/** What `Sec-CH-UA-Platform` says (User-Agent Client Hints §3.5), where a family of ours has another name. */
const HINTED: Readonly<Record<string, string>> = { 'Chrome OS': 'ChromeOS', 'Chromium OS': 'ChromeOS' };

/** The longest that browsers are known to send are half of it. */
const MAX_USER_AGENT = 1024;

/**
 * Browser and platform family of what sends a request, by `User-Agent` (RFC 9110 §10.1.5), so that a person knows one device
 * from another. The client may send what it likes, so nothing is decided by it, and no text of it leaves: only names of
 * families that are written here. A header that no browser sends is an unknown device.
 *
 * @example deviceOf(new Headers({ 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0' }))
 *   // { browser: 'Firefox', platform: 'Linux' }
 */
export function deviceOf(headers: Pick<Headers, 'get'>): Device {
  const agent = headers.get('user-agent') ?? '';
  if (agent.length > MAX_USER_AGENT || !/^(?:Mozilla|Opera)\/\d[\x20-\x7e]*$/.test(agent))
    return { browser: null, platform: null };
  return { browser: familyIn(agent, BROWSERS), platform: hintedPlatform(headers) ?? familyIn(agent, PLATFORMS) };
}

const familyIn = (agent: string, families: readonly Family[]): string | null =>
  families.find(([, pattern]) => pattern.test(agent))?.[0] ?? null;

/** A browser that is asked for the desktop's pages changes its `User-Agent`, but not always the hint. */
function hintedPlatform(headers: Pick<Headers, 'get'>): string | null {
  const hint = /^"([A-Za-z ]{2,20})"$/.exec(headers.get('sec-ch-ua-platform') ?? '')?.[1];
  if (hint === undefined) return null;
  const family = Object.hasOwn(HINTED, hint) ? HINTED[hint] : hint;
  return PLATFORMS.find(([name]) => name === family)?.[0] ?? null;
}
