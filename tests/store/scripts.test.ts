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
  PUT: 'g1D9h0Wq9ma7aYV9FcVU2vVSogaVlbCdc2ees3Ja0nU',
  REMOVE_SESSION: '1T_RFINWcVN6XMV3qqHIhodbCENTXAxdX-fy9WHAchw',
  CONFIRM: '6Erm88uBUHeBLgwv93LSNpiUKf0tz1fhhdOheAVEjjU',
  CLAIM: 'gSIfpHfSzvWtrK6upMmjXekv_kk8tShzReC4CVJbul0',
  CLAIM_FLOW: '6bThyojQj9fJjkHRGUGME0JL42u7GIVC-0busd84_mI',
  RELEASE_FLOW: 'wFz6yGQJ0LRfvRZCX0jBhReYX6BFUJNMJ7tf_3WOm94',
  FAIL_FLOW: 'VWfSGAcTHXi_Aykwbc3c6VioRUzR1Msrj9IQRC7jMsA',
  END_FLOWS: 'O9wahJZq9-rT6eIyzO4_Otk1AqldC_a-Ut5LysEcou4',
  KEEP: 'jsX2YECVgA84fbt21MaXsMtniF0tdKgzM1n7MjpjiXk',
  TAKE: 'zRFWT2XZy4FOxXGrE1nLo7YGgIIUn8hlYPkAH04u684',
  WRITE: 'qh_8GzrAjG8PH85_MbqegDlGUHMAVkaqNpTTeiJ6VrI',
  CHECKOUT: 'zBfqzqo5qklN8bXvMLldZ70lK2cuwhq33yS--dZFxn4',
  PROLONG: 'qP3y07_R8wRpF8TUauRPf5ZMkJVEtFNrSDecGwzJDF4',
  COMMIT: '7iHxJ3z0dd0K2d831XbKt2di2CF-JfkHBH15NTuWWN4',
  ABANDON: 'QKb4ei9mqmZn-caNaPtpHI31tUGautueuGmcVv_AlXo',
};

describe('the scripts', () => {
  it.each(Object.entries(scripts))('%s is the one that was pinned', async (name, script) => {
    expect(await sha256(script)).toBe(PINNED[name]);
  });
});
