import { describe } from 'vitest';
import { describeLife, TOKEN_SECONDS } from './life';
import { CLIENT, quietly, startOidcProvider } from './oidc-provider';
import { PEOPLE } from './people';

describe('the certified library with its own defaults', () => {
  quietly();

  describeLife(
    {
      env: {
        SSO_CLIENT_ID: CLIENT.client_id,
        SSO_CLIENT_SECRET: CLIENT.client_secret,
        SSO_SCOPE: 'openid profile email roles offline_access',
        SSO_AUTHORIZATION_PARAMS: 'prompt=consent', // without it the library gives no refresh token
      },
      user: (login) => PEOPLE[login],
      asks: { first: ['login', 'consent'], again: ['consent'], signedOut: ['login', 'consent'] },
      states: { time: true, level: [] },
      revocation: null,
    },
    (site) => startOidcProvider(site, TOKEN_SECONDS),
  );
});
