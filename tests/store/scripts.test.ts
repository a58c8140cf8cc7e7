import { describe, expect, it } from 'vitest';
import { sha256 } from '../../lib/crypto/random';
import * as documentScripts from '../../lib/store/document-scripts';
import * as flowScripts from '../../lib/store/flow-scripts';
import * as hintScripts from '../../lib/store/hints';
import * as indexScripts from '../../lib/store/index-scripts';
import * as recordScripts from '../../lib/store/scripts';

const { createHints, ...keptScripts } = hintScripts;
const scripts = { ...recordScripts, ...documentScripts, ...indexScripts, ...flowScripts, ...keptScripts };

/**
 * Isolates of two versions run side by side during a deployment, on the same records. A script that changes shall be
 * changed on purpose: look at what the other version makes of it, then pin the new digest here.
 */
const PINNED: Readonly<Record<string, string>> = {
  PUT: 'qlpx9L4gI__DbRKG1GKfDOtOpXqrsDFVZFbAuQ3w7kk',
  REMOVE_SESSION: 'Idq_DZxgPYO5ahHprPxjPLme8CREr3OgC_R81uDOhC0',
  PEEK: '2IKnuFTWgj_sEhOOCuVXo08JAMXLReY3uBCXKKIRkks',
  CONFIRM: '6Erm88uBUHeBLgwv93LSNpiUKf0tz1fhhdOheAVEjjU',
  CLAIM: 'gSIfpHfSzvWtrK6upMmjXekv_kk8tShzReC4CVJbul0',
  CLAIM_FLOW: 'KE-DLQVvSkSJwCO9dv3DThn56oM5oDcBmDXQdd9zHrw',
  RELEASE_FLOW: 'wFz6yGQJ0LRfvRZCX0jBhReYX6BFUJNMJ7tf_3WOm94',
  FAIL_FLOW: 'VWfSGAcTHXi_Aykwbc3c6VioRUzR1Msrj9IQRC7jMsA',
  END_FLOWS: '38v9tnSeVQq37xuaakXIAupOahq6UiHLF2BlBGUr9nQ',
  KEEP: 'jsX2YECVgA84fbt21MaXsMtniF0tdKgzM1n7MjpjiXk',
  TAKE: 'zRFWT2XZy4FOxXGrE1nLo7YGgIIUn8hlYPkAH04u684',
  WRITE: 'qh_8GzrAjG8PH85_MbqegDlGUHMAVkaqNpTTeiJ6VrI',
  CHECKOUT: 'zBfqzqo5qklN8bXvMLldZ70lK2cuwhq33yS--dZFxn4',
  PROLONG: 'sbukZimC9SdMz8SRwyYaT-P4gX--szxkFn01srPidEg',
  COMMIT: 'oEED4-y3gxX-W5OV9-6QbjYTOiZf2VHRne3wldN1yYE',
  ABANDON: 'QKb4ei9mqmZn-caNaPtpHI31tUGautueuGmcVv_AlXo',
  MARK_SESSION: 'XFjPlfEbtw_6p-AiqsghjUtIKb3cwDZQeydzslcdAB0',
  FIND_SESSIONS: 'j2s-po8IT3GFrY7-VzqrbiGTQYd3MXLanI89tC6BpvU',
  SWEEP: 'kW62QNJvtFwiSz4WCPSogvct59XNDtF-EB9_fcYa2DQ',
  LIST_SESSIONS: 'MgjHu_3XB8s9zQH1l7oO6tUEA4MQq2sI515qNC4tZAw',
  END_SESSION: 'eTJ6l7GyuppLFK1HKi_pWekfmDWdsgYj80VuGDXSJRY',
};

describe('the scripts', () => {
  it.each(Object.entries(scripts))('%s is the one that was pinned', async (name, script) => {
    expect(await sha256(script)).toBe(PINNED[name]);
  });
});
