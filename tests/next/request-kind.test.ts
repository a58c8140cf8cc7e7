import { describe, expect, it } from 'vitest';
import { isByScript, isForeignFrame, isPrefetch, isSubresource, requestKind } from '../../lib/next/request-kind';
import { isCanonicalHost, isSameOrigin } from '../../lib/policy/same-origin';

const navigate = { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' };
/** A service worker that hands a navigation on: `respondWith(fetch(event.request))`. */
const passedOn = { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'empty' };
const urlencoded = 'application/x-www-form-urlencoded';
const html = 'text/html,application/xhtml+xml';
const kind = (method: string, headers: Record<string, string>) =>
  requestKind({ method, headers: new Headers(headers) });

describe('the kind of a request (Fetch Metadata)', () => {
  it.each([
    ['document', 'GET', navigate],
    ['document', 'HEAD', navigate],
    ['document', 'GET', passedOn],
    ['document', 'HEAD', passedOn],
    ['form', 'POST', passedOn],
    ['data', 'PUT', passedOn],
    ['data', 'GET', { ...passedOn, 'sec-purpose': 'prefetch' }],
    ['data', 'GET', { 'sec-fetch-mode': 'same-origin', 'sec-fetch-dest': 'empty', accept: html }],
    ['data', 'GET', { 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'empty', accept: html }],
    ['data', 'GET', { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'frame' }],
    ['data', 'GET', { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'embed' }],
    ['data', 'GET', { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'object' }],
    ['data', 'GET', { ...navigate, 'sec-purpose': 'prefetch' }],
    ['data', 'GET', { ...navigate, 'sec-purpose': 'prefetch;prerender' }],
    ['data', 'GET', { ...navigate, purpose: 'prefetch' }],
    ['data', 'GET', { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' }],
    ['data', 'GET', { 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty', accept: 'text/html' }],
    ['data', 'GET', { 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'image' }],
    ['data', 'GET', { 'sec-fetch-site': 'none', accept: 'text/html' }],
    ['document', 'GET', { accept: 'text/html,application/xhtml+xml' }],
    ['data', 'GET', { accept: 'application/json' }],
    ['data', 'GET', { accept: '*/*' }],
    ['data', 'GET', {}],
    ['action', 'POST', { 'next-action': '7f', 'sec-fetch-mode': 'cors' }],
    ['form', 'POST', navigate],
    ['data', 'POST', { 'sec-fetch-mode': 'cors' }],
    ['data', 'POST', { accept: 'text/html' }],
    ['form', 'POST', { accept: html, 'content-type': urlencoded }],
    ['form', 'POST', { accept: html, 'content-type': `${urlencoded}; charset=UTF-8` }],
    ['form', 'POST', { accept: html, 'content-type': 'multipart/form-data; boundary=b' }],
    ['form', 'POST', { accept: html, 'content-type': 'text/plain' }],
    ['form', 'POST', { accept: 'Text/HTML', 'content-type': 'Text/Plain;charset=utf-8' }],
    ['data', 'POST', { accept: html, 'content-type': 'application/json' }],
    ['data', 'POST', { accept: html, 'content-type': 'text/plainly' }],
    ['data', 'POST', { accept: html, 'content-type': `x/${urlencoded}` }],
    ['data', 'POST', { accept: '*/*', 'content-type': urlencoded }],
    ['data', 'POST', { accept: 'application/json', 'content-type': urlencoded }],
    ['data', 'POST', { 'content-type': urlencoded }],
    ['data', 'POST', { accept: html, 'content-type': urlencoded, 'sec-fetch-mode': 'cors' }],
    ['data', 'POST', { accept: html, 'content-type': urlencoded, 'sec-fetch-dest': 'empty' }],
    ['data', 'POST', { accept: html, 'content-type': urlencoded, 'sec-fetch-site': 'same-origin' }],
    ['data', 'POST', { accept: html, 'content-type': urlencoded, 'sec-fetch-user': '?1' }],
    ['data', 'PUT', { accept: html, 'content-type': urlencoded }],
    ['action', 'POST', { accept: html, 'content-type': 'multipart/form-data; boundary=b', 'next-action': '7f' }],
    ['data', 'PUT', navigate],
    ['data', 'GET', { 'next-action': '7f', 'sec-fetch-mode': 'cors' }],
  ])('%s: %s %j', (expected, method, headers) => {
    expect(kind(method, headers as Record<string, string>)).toBe(expected);
  });

  it.each([
    [false, navigate],
    [false, passedOn],
    [false, {}],
    [false, { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' }],
    [true, { ...navigate, 'sec-purpose': 'prefetch' }],
    [true, { ...passedOn, purpose: 'prefetch' }],
    [true, { 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' }],
    [true, { 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'image' }],
    [true, { 'sec-fetch-dest': 'empty' }],
  ])('shows whether a page or a guess has asked for it: %s for %j', (expected, headers) => {
    expect(isSubresource(new Headers(headers as Record<string, string>))).toBe(expected);
  });

  it.each([
    [true, { 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' }],
    [true, { 'sec-fetch-dest': 'empty' }],
    [false, passedOn],
    [false, navigate],
    [false, {}],
    [false, { 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'image' }],
  ])('shows whether a script reads the answer: %s for %j', (expected, headers) => {
    expect(isByScript(new Headers(headers as Record<string, string>))).toBe(expected);
  });

  it('tells a prefetch by either header', () => {
    expect(isPrefetch(new Headers({ purpose: 'prefetch' }))).toBe(true);
    expect(isPrefetch(new Headers({ 'sec-purpose': 'prefetch;anonymous-client-ip' }))).toBe(true);
    expect(isPrefetch(new Headers({ purpose: 'prerender' }))).toBe(true);
    expect(isPrefetch(new Headers())).toBe(false);
  });

  it.each([
    [true, 'cross-site', 'iframe'],
    [true, 'cross-site', 'frame'],
    [true, 'cross-site', 'embed'],
    [true, 'cross-site', 'object'],
    [false, 'cross-site', 'document'],
    [false, 'same-site', 'iframe'],
    [false, 'same-origin', 'iframe'],
  ])('shows whether it comes from a frame of another site: %s for %s, %s', (expected, site, dest) => {
    expect(isForeignFrame(new Headers({ 'sec-fetch-site': site, 'sec-fetch-dest': dest }))).toBe(expected);
  });
});

describe('same origin (Fetch §3.2)', () => {
  it.each([
    [true, { origin: 'https://site.example' }],
    [true, { origin: 'https://site.example', 'sec-fetch-site': 'cross-site' }],
    [true, { 'sec-fetch-site': 'same-origin' }],
    [false, {}],
    [true, { origin: 'null', 'sec-fetch-site': 'same-origin' }],
    [false, { origin: 'null' }],
    [false, { origin: 'null', 'sec-fetch-site': 'cross-site' }],
    [false, { origin: 'null', 'sec-fetch-site': 'same-site' }],
    [false, { origin: 'null', 'sec-fetch-site': 'none' }],
    [false, { origin: 'NULL', 'sec-fetch-site': 'same-origin' }],
    [false, { origin: 'null, null', 'sec-fetch-site': 'same-origin' }],
    [false, { origin: '', 'sec-fetch-site': 'same-origin' }],
    [false, { origin: '' }],
    [false, { origin: 'http://site.example' }],
    [false, { origin: 'https://site.example:444' }],
    [false, { origin: 'https://site.example.evil.example' }],
    [false, { origin: 'https://evil.example', 'sec-fetch-site': 'same-origin' }],
    [false, { 'sec-fetch-site': 'same-site' }],
    [false, { 'sec-fetch-site': 'none' }],
    [false, { referer: 'https://site.example/' }],
  ])('%s for %j', (expected, headers) => {
    expect(isSameOrigin(new Headers(headers as Record<string, string>), 'https://site.example')).toBe(expected);
  });
});

describe('the canonical host', () => {
  it.each([
    [true, { host: 'site.example' }],
    [true, { host: 'SITE.example' }],
    [true, { host: '10.0.0.7:3000', 'x-forwarded-host': 'site.example:443' }],
    [true, { host: '10.0.0.7:3000', 'x-forwarded-host': 'site.example' }],
    [true, { host: '10.0.0.7:3000', 'x-forwarded-host': 'evil.example, site.example' }],
    [true, { host: '10.0.0.7:3000', 'x-forwarded-host': 'site.example, 10.0.0.9' }],
    [false, { host: '10.0.0.7:3000', 'x-forwarded-host': 'evil.example, 10.0.0.9' }],
    [false, { host: 'www.site.example' }],
    [false, { host: 'site.example:3000' }],
    [false, {}],
  ])('%s for %j', (expected, headers) => {
    expect(isCanonicalHost(new Headers(headers as Record<string, string>), 'https://site.example')).toBe(expected);
  });
});
