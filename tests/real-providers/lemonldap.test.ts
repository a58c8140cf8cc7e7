import { describe } from 'vitest';
import { ensureLemonLdap } from '../../local/debian.mjs';
import { needs } from '../setup/skipped';
import { CLIENT, startLemonLdap } from './lemonldap';
import { describeLife, TOKEN_SECONDS } from './life';

/** Unpacked where that is ours to do; elsewhere this life is left out. */
const { folder = '', missing } = ensureLemonLdap();

const USERS = {
  ana: { sub: 'rtyler', name: 'Rose Tyler', email: 'rtyler@badwolf.org', roles: ['earthlings', 'users'] },
  budi: { sub: 'dwho', name: 'Doctor Who', email: 'dwho@badwolf.org', roles: ['admin', 'timelords', 'users'] },
  citra: { sub: 'msmith', name: 'Mickey Smith', email: 'msmith@badwolf.org', roles: ['admin', 'earthlings', 'users'] },
};

describe('LemonLDAP::NG', needs(!missing, `no life at LemonLDAP::NG is tried, because ${missing}`), () => {
  describeLife(
    {
      env: {
        SSO_CLIENT_ID: CLIENT.client_id,
        SSO_CLIENT_SECRET: CLIENT.client_secret,
        SSO_ROLES_CLAIM: 'groups',
      },
      user: (login) => USERS[login],
      asks: { first: ['login'], again: ['login'], signedOut: ['login'] },
      states: { time: true, level: ['budi'] },
      revocation: null,
    },
    (site) => startLemonLdap(folder, site, TOKEN_SECONDS),
  );
});
