import { describe, expect, it } from 'vitest';
import { sha256 } from '../../lib/crypto/random';
import * as flowScripts from '../../lib/store/flow-scripts';
import * as hintScripts from '../../lib/store/hints';
import * as allScripts from '../../lib/store/scripts';

const { LOCKING, NOW, ...recordScripts } = allScripts; // parts of them
const { createHints, ...keptScripts } = hintScripts;
const scripts = { ...recordScripts, ...flowScripts, ...keptScripts };

/**
 * Isolates of two versions run side by side during a deployment, on the same records. A script that changes shall be
 * changed on purpose: look at what the other version makes of it, then pin the new digest here.
 */
const PINNED: Readonly<Record<string, string>> = {
  PUT: 'atifF8yUu_7D2xRTqYAXWhqGBkNeEXVl8Htigt0C9Pc',
  REMOVE_SESSION: '0e7LeSFnxuVTC0IiQBjFlzTiR71jbSj4oSZLj2W0HVw',
  PEEK: '2IKnuFTWgj_sEhOOCuVXo08JAMXLReY3uBCXKKIRkks',
  CONFIRM: '6Erm88uBUHeBLgwv93LSNpiUKf0tz1fhhdOheAVEjjU',
  CLAIM: 'gSIfpHfSzvWtrK6upMmjXekv_kk8tShzReC4CVJbul0',
  CLAIM_FLOW: 'KE-DLQVvSkSJwCO9dv3DThn56oM5oDcBmDXQdd9zHrw',
  RELEASE_FLOW: 'wFz6yGQJ0LRfvRZCX0jBhReYX6BFUJNMJ7tf_3WOm94',
  FAIL_FLOW: 'VWfSGAcTHXi_Aykwbc3c6VioRUzR1Msrj9IQRC7jMsA',
  END_FLOWS: 'kd_wJd_04BqCIKBBDml1WBqFvEMR4Ze1ZLZN8zea0_Y',
  KEEP: 'jsX2YECVgA84fbt21MaXsMtniF0tdKgzM1n7MjpjiXk',
  TAKE: 'zRFWT2XZy4FOxXGrE1nLo7YGgIIUn8hlYPkAH04u684',
  WRITE: 'qh_8GzrAjG8PH85_MbqegDlGUHMAVkaqNpTTeiJ6VrI',
  CHECKOUT: 'zBfqzqo5qklN8bXvMLldZ70lK2cuwhq33yS--dZFxn4',
  PROLONG: 'qP3y07_R8wRpF8TUauRPf5ZMkJVEtFNrSDecGwzJDF4',
  COMMIT: '47DQDuJXXvLZ-zzxLpcJvEaXSuYHle5ffDYJZi0EsKc',
  ABANDON: 'QKb4ei9mqmZn-caNaPtpHI31tUGautueuGmcVv_AlXo',
};

describe('the scripts', () => {
  it.each(Object.entries(scripts))('%s is the one that was pinned', async (name, script) => {
    expect(await sha256(script)).toBe(PINNED[name]);
  });
});
