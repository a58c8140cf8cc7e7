import { describe, expect } from 'vitest';
import { ensureGlewlwyd } from '../../local/debian.mjs';
import { needs } from '../setup/skipped';
import { startGlewlwyd } from './glewlwyd';
import { CLIENT } from './glewlwyd-setup';
import { describeLife, TOKEN_SECONDS } from './life';
import { PEOPLE } from './people';

/** Unpacked where that is ours to do; elsewhere this life is left out. */
const { folder = '', missing } = ensureGlewlwyd();

describe('Glewlwyd', needs(!missing, `no life at Glewlwyd is tried, because ${missing}`), () => {
  describeLife(
    {
      env: {
        SSO_CLIENT_ID: CLIENT.client_id,
        SSO_CLIENT_SECRET: CLIENT.client_secret,
        SSO_SCOPE: 'openid profile email roles offline_access',
      },
      user(login) {
        const { email_verified: _, ...person } = PEOPLE[login];
        return { ...person, sub: expect.stringMatching(/^\w{32}$/) };
      },
      asks: { first: ['login', 'consent'], again: [], signedOut: ['login'] },
      states: { time: false, level: [] }, // `auth_time` is 0
      revocation: '/api/oidc/revoke',
    },
    (site) => startGlewlwyd(folder, site, TOKEN_SECONDS),
  );
});
