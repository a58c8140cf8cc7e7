import { describe, expect, it } from 'vitest';
import { createSealer } from '../../lib/crypto/seal';
import { clearAllFlows, clearFlow, createFlow, keepFlow, openFlow } from '../../lib/session/login-flow';
import { countCallback, isLooping } from '../../lib/session/loop-guard';
import { settingsWith } from '../world/settings';

let now = 1_800_000_000;
const settings = settingsWith();
const deps = { settings, sealer: createSealer({ settings, now: () => now * 1000 }) };
const pairOf = (setCookie: string) => setCookie.slice(0, setCookie.indexOf(';'));
const isDeletion = (setCookie: string) => setCookie.includes('Max-Age=0;');

/** A jar that does what the Set-Cookie values say. */
class Jar {
  readonly pairs = new Map<string, string>();
  take(setCookies: readonly string[]) {
    for (const line of setCookies) {
      const [name = '', value = ''] = pairOf(line).split(/=(.*)/s);
      if (isDeletion(line)) this.pairs.delete(name);
      else this.pairs.set(name, value);
    }
  }
  get header() {
    return [...this.pairs].map((pair) => pair.join('=')).join('; ');
  }
}

describe('a flow', () => {
  it('has independent 256-bit state, nonce and verifier', () => {
    const flow = createFlow('/a', {}, now);
    const values = [flow.state, flow.nonce, flow.verifier];
    expect(new Set(values).size).toBe(3);
    for (const value of values) expect(value).toMatch(/^[\w-]{43}$/);
  });

  it('comes back by its state, in a cookie of its own with a name that does not tell the state', async () => {
    const flow = createFlow('/a?b=c', { max_age: '60', acr_values: 'urn:x' }, now);
    const [cookie = ''] = await keepFlow(flow, null, deps);
    expect(cookie).toMatch(
      /^__Host-Http-oidc_flow\.[\w-]{16}=[\w.-]+; Path=\/; Max-Age=600; HttpOnly; SameSite=Lax; Secure$/,
    );
    const sealed = pairOf(cookie).split('=')[1] ?? '';
    const fields = Object.keys((await deps.sealer.open('flow', sealed)) ?? {});
    expect(fields.sort()).toEqual(
      ['acrValues', 'browser', 'exp', 'iat', 'maxAge', 'nonce', 'returnTo', 'state', 'verifier'], // and no code, no token
    );
    expect(await openFlow(flow.state, pairOf(cookie), deps)).toEqual(flow);
  });

  it('is not found by another state, even under its cookie name', async () => {
    const flow = createFlow('/', {}, now);
    const other = createFlow('/', {}, now);
    const [cookie = ''] = await keepFlow(flow, null, deps);
    const otherName = (await clearFlow(other.state, deps)).split('=')[0];
    expect(await openFlow(other.state, pairOf(cookie), deps)).toBeNull();
    expect(await openFlow(other.state, `${otherName}=${pairOf(cookie).split(/=(.*)/s)[1]}`, deps)).toBeNull();
  });

  it('is not found when its cookie is doubled', async () => {
    const flow = createFlow('/', {}, now);
    const [cookie = ''] = await keepFlow(flow, null, deps);
    expect(await openFlow(flow.state, `${pairOf(cookie)}; ${pairOf(cookie)}`, deps)).toBeNull();
  });

  it('is over after ten minutes', async () => {
    const flow = createFlow('/', {}, now);
    const [cookie = ''] = await keepFlow(flow, null, deps);
    now += 600;
    expect(await openFlow(flow.state, pairOf(cookie), deps)).toBeNull();
  });

  it('of another client does not open', async () => {
    const client = settingsWith({ SSO_CLIENT_ID: 'other' });
    const other = { settings, sealer: createSealer({ settings: client, now: () => now * 1000 }) };
    const flow = createFlow('/', {}, now);
    const [cookie = ''] = await keepFlow(flow, null, other);
    expect(await openFlow(flow.state, pairOf(cookie), deps)).toBeNull();
  });
});

describe('flow cookies are bounded', () => {
  it('to 2 KB each, name included, with the longest returnTo there is', async () => {
    for (const filler of ['a', '\\']) {
      const flow = createFlow(`/?${filler.repeat(1020)}`, { acr_values: 'a'.repeat(255), max_age: '999999999' }, now);
      const [cookie = ''] = await keepFlow(flow, null, deps);
      expect(pairOf(cookie).length).toBeLessThanOrEqual(2049);
      expect(await openFlow(flow.state, pairOf(cookie), deps)).not.toBeNull();
    }
  });

  it('keeps a long returnTo that fits, and falls back to / when it does not', async () => {
    const long = createFlow(`/${'a'.repeat(1000)}`, {}, now);
    const [kept = ''] = await keepFlow(long, null, deps);
    expect((await openFlow(long.state, pairOf(kept), deps))?.returnTo).toBe(long.returnTo);
    const escaped = createFlow(`/?${'\\'.repeat(1000)}`, {}, now);
    const [fallen = ''] = await keepFlow(escaped, null, deps);
    expect((await openFlow(escaped.state, pairOf(fallen), deps))?.returnTo).toBe('/');
  });

  it('to five at a time: the oldest goes, the newest stay', async () => {
    const jar = new Jar();
    const flows = [];
    for (let index = 0; index < 8; index += 1) {
      now += 1;
      const flow = createFlow('/', {}, now);
      flows.push(flow);
      jar.take(await keepFlow(flow, jar.header, deps));
      expect(jar.pairs.size).toBeLessThanOrEqual(5);
    }
    const open = await Promise.all(flows.map((flow) => openFlow(flow.state, jar.header, deps)));
    expect(open.map((flow) => flow !== null)).toEqual([false, false, false, true, true, true, true, true]);
  });

  it('to 4 KB in all', async () => {
    const jar = new Jar();
    for (let index = 0; index < 5; index += 1) {
      now += 1;
      jar.take(await keepFlow(createFlow(`/${'a'.repeat(1000)}`, {}, now), jar.header, deps));
      expect([...jar.pairs].join('').length).toBeLessThanOrEqual(4096 + jar.pairs.size);
    }
    expect(jar.pairs.size).toBe(2);
  });

  it('and clears what is not ours before anything of ours', async () => {
    const jar = new Jar();
    for (let index = 0; index < 3; index += 1) jar.take(await keepFlow(createFlow('/', {}, now), jar.header, deps));
    for (let index = 0; index < 20; index += 1) jar.pairs.set(`__Host-Http-oidc_flow.junk${index}`, 'x');
    jar.take(await keepFlow(createFlow('/', {}, now), jar.header, deps));
    expect([...jar.pairs.keys()].filter((name) => name.includes('junk'))).toEqual([]);
    expect(jar.pairs.size).toBe(4);
  });

  it('and never lets a name from outside break out of a Set-Cookie', async () => {
    const header = '__Host-Http-oidc_flow.ok=1; __Host-Http-oidc_flow.a b=1; __Host-Http-oidc_flow.x,y=1; other=1';
    expect(clearAllFlows(header, deps).map(pairOf)).toEqual(['__Host-Http-oidc_flow.ok=']);
    const cookies = await keepFlow(createFlow('/', {}, now), header, deps);
    expect(cookies.filter(isDeletion).map(pairOf)).toEqual(['__Host-Http-oidc_flow.ok=']);
  });

  it('in what hundreds of them from outside cost: ten are opened, twenty are cleared in one answer', async () => {
    const header = Array.from({ length: 300 }, (_, index) => `__Host-Http-oidc_flow.junk${index}=x`).join('; ');
    let opened = 0;
    const open: typeof deps.sealer.open = (...sent) => {
      opened += 1;
      return deps.sealer.open(...sent);
    };
    const counted = { ...deps, sealer: { ...deps.sealer, open } };
    expect(await keepFlow(createFlow('/', {}, now), header, counted)).toHaveLength(20 + 1);
    expect(opened).toBe(10);
    expect(clearAllFlows(header, deps)).toHaveLength(20);
  });
});

describe('the loop guard', () => {
  it('waits for the person after three callbacks in a minute, and no longer than that minute', async () => {
    const jar = new Jar();
    const looping = () => isLooping(jar.header, now, deps);
    for (const expected of [false, false, true]) {
      now += 5;
      jar.take([await countCallback(jar.header, now, deps)]);
      expect(await looping()).toBe(expected);
    }
    now += 49;
    expect(await looping()).toBe(true);
    now += 2;
    expect(await looping()).toBe(false);
  });

  it('takes no count that another key has sealed', async () => {
    expect(await isLooping('__Host-Http-oidc_trips=forged', now, deps)).toBe(false);
  });
});
