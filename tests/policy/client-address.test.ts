import { describe, expect, it } from 'vitest';
import { clientAddress } from '../../lib/policy/client-address';

const behind = (trustedProxyHops: number, forwardedFor: string | null, realIp?: string, onVercel = false) =>
  clientAddress(
    new Headers({
      ...(forwardedFor !== null && { 'x-forwarded-for': forwardedFor }),
      ...(realIp !== undefined && { 'x-real-ip': realIp }),
    }),
    { trustedProxyHops, onVercel },
  );

describe('the address of a client', () => {
  it.each([
    [1, '203.0.113.1', '203.0.113.1'],
    [1, '10.0.0.1, 203.0.113.1', '203.0.113.1'],
    [2, '10.0.0.1, 203.0.113.1, 172.16.0.1', '203.0.113.1'],
    [3, '203.0.113.1, 172.16.0.1', 'unknown'],
    [1, null, 'unknown'],
    [0, '203.0.113.1', 'unknown'],
    [1, '', 'unknown'],
  ])('behind %d proxies, X-Forwarded-For: %s → %s', (hops, header, expected) => {
    expect(behind(hops, header)).toBe(expected);
  });

  it('on Vercel is x-real-ip alone', () => {
    expect(behind(1, '10.0.0.1', '203.0.113.1', true)).toBe('203.0.113.1');
    expect(behind(1, '10.0.0.1', undefined, true)).toBe('unknown');
    expect(behind(1, '10.0.0.1', '203.0.113.1', false)).toBe('10.0.0.1');
  });

  it.each([
    ['203.0.113.1:4711', '203.0.113.1'],
    ['::ffff:203.0.113.1', '203.0.113.1'],
    ['::ffff:cb00:7107', '203.0.113.7'],
    ['0:0:0:0:0:ffff:cb00:7107', '203.0.113.7'],
    ['::fffe:cb00:7107', '0:0:0:0::/64'],
    ['::FFFF:203.0.113.1', '203.0.113.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:0DB8:0001:0002:ffff::1', '2001:db8:1:2::/64'],
    ['[2001:db8:1:2::9]:443', '2001:db8:1:2::/64'],
    ['[2001:db8:1:2::9]', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['::', '0:0:0:0::/64'],
    ['1::2::3', 'unknown'],
    ['1:2:3:4:5:6:7:8:9', 'unknown'],
    ['1:2:3:4:5:6:7::8', 'unknown'],
    ['1:2:3:4:5:6:7', 'unknown'],
    ['2001:db8:1:g::', 'unknown'],
    ['256.0.0.1', 'unknown'],
    ['1.2.3', 'unknown'],
    ['localhost', 'unknown'],
    ['<script>', 'unknown'],
    ['::1]@evil.example/[', 'unknown'],
    ['[::1]:80]', 'unknown'],
    ['', 'unknown'],
  ])('%s → %s', (text, expected) => {
    expect(behind(1, text)).toBe(expected);
  });
});
