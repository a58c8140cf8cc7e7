import { describe, expect, it } from 'vitest';
import { sha256 } from '../../lib/crypto/random';
import * as scripts from '../../lib/store/scripts';

/**
 * Isolates of two versions run side by side during a deployment, on the same records. A script that changes shall be
 * changed on purpose: look at what the other version makes of it, then pin the new digest here.
 */
const PINNED: Readonly<Record<string, string>> = {
  PUT: 'CbTgy9rcFn_be4KNW3szEVGCfwtUcNU9bt8GD3Oj-VM',
  REMOVE_SESSION: '1T_RFINWcVN6XMV3qqHIhodbCENTXAxdX-fy9WHAchw',
  CONFIRM: '6Erm88uBUHeBLgwv93LSNpiUKf0tz1fhhdOheAVEjjU',
  CLAIM: 'gSIfpHfSzvWtrK6upMmjXekv_kk8tShzReC4CVJbul0',
  WRITE: 'qh_8GzrAjG8PH85_MbqegDlGUHMAVkaqNpTTeiJ6VrI',
  CHECKOUT: 'xX1xHXD6D6yYAjAZ15tffWFbc4YA_kuCQLZysTB_-lk',
  COMMIT: 'Gl8KdW8so3POwlFIWVeQ4RYo7QQrn45jVqEESlzQK8U',
  ABANDON: 'HSuaEDm_2UTtCtTXq7vQh5Pg-WWO4IleZ-T3TIVVKFE',
};

describe('the scripts', () => {
  it.each(Object.entries(scripts))('%s is the one that was pinned', async (name, script) => {
    expect(await sha256(script)).toBe(PINNED[name]);
  });
});
