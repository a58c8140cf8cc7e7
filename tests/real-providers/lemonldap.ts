import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { freePort } from '../../local/site.mjs';
import type { Browser, Visit } from '../world/browser';
import { submit } from './forms';
import type { Page, RealProvider } from './life';
import type { Login } from './people';
import { environmentOf, run, temporaryFolder } from './programs';
import { watch } from './watched';

export const CLIENT = { client_id: 'site', client_secret: 'planted-secret-of-the-site' };

/** The accounts of its demonstration, whose passwords are their names. */
const ACCOUNTS: Readonly<Record<Login, string>> = { ana: 'rtyler', budi: 'dwho', citra: 'msmith' };

/** The portal of LemonLDAP::NG, with files in place of databases and the people of its demonstration. */
export async function startLemonLdap(root: string, site: string, accessTokenSeconds: number): Promise<RealProvider> {
  const port = await freePort(0);
  const inner = `http://127.0.0.1:${port}`;
  const watched = await watch(() => inner);
  const folder = temporaryFolder('lemonldap');
  const put = (name: string, text: string) => {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  };
  for (const name of ['sessions/lock', 'psessions/lock']) mkdirSync(join(folder, name), { recursive: true });
  const sample = JSON.parse(readFileSync(join(root, 'var/lib/lemonldap-ng/conf/lmConf-1.json'), 'utf8'));
  const settings = settingsOf({ folder, url: watched.url, site, accessTokenSeconds });
  put('conf/lmConf-1.json', JSON.stringify({ ...sample, ...settings }));
  put('lemonldap-ng.ini', placesOf(root, folder));
  put('perl/GD/SecurityImage.pm', 'package GD::SecurityImage; 1;\n'); // pictures for forms that are turned off
  const program = await run(
    {
      command: join(root, 'usr/bin/starman'),
      args: [
        '--listen',
        `127.0.0.1:${port}`,
        '--workers',
        '3',
        join(root, 'usr/share/lemonldap-ng/portal/htdocs/index.psgi'),
      ],
      env: { ...environmentOf(root, [join(folder, 'perl')]), LLNG_DEFAULTCONFFILE: join(folder, 'lemonldap-ng.ini') },
      url: `${inner}/`,
    },
    folder,
  );
  return {
    issuer: `${watched.url}/`,
    watched,
    signIn,
    confirmSignOut: (browser, visit) => submit(browser, visit, {}),
    async forget(login) {
      rmSync(join(folder, 'cache'), { recursive: true, force: true });
      for (const name of readdirSync(join(folder, 'sessions'), { withFileTypes: true })) {
        const file = join(folder, 'sessions', name.name);
        if (name.isFile() && readFileSync(file, 'utf8').includes(`"uid":"${ACCOUNTS[login]}"`)) rmSync(file);
      }
    },
    async close() {
      await Promise.all([watched.close(), program.close()]);
    },
  };
}

/** What differs from the sample of the package: places, keys, one relying party, a group and a level of some people. */
function settingsOf(at: { folder: string; url: string; site: string; accessTokenSeconds: number }) {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  const place = (name: string) => ({
    Directory: join(at.folder, name),
    LockDirectory: join(at.folder, name, 'lock'),
    generateModule: 'Lemonldap::NG::Common::Apache::Session::Generate::SHA256',
  });
  return {
    portal: `${at.url}/`,
    domain: '127.0.0.1',
    globalStorageOptions: place('sessions'),
    persistentStorageOptions: place('psessions'),
    localSessionStorageOptions: cacheOf(at.folder, 'lemonldap-ng-sessions'),
    notification: 0,
    registerDB: 'Null',
    portalDisplayResetPassword: 0,
    groups: { admin: "$uid eq 'dwho' or $uid eq 'msmith'" },
    adaptativeAuthenticationLevelRules: { "$uid eq 'dwho'": '=3' },
    issuerDBOpenIDConnectActivation: 1,
    oidcServicePrivateKeySig: privateKey,
    oidcServicePublicKeySig: publicKey,
    oidcServiceKeyIdSig: 'of-this-run',
    oidcServiceMetaDataAuthnContext: { 'loa-1': 1, 'loa-2': 2, 'urn:sso:loa:mfa': 3, 'loa-4': 4, 'loa-5': 5 },
    oidcRPMetaDataOptions: {
      site: {
        oidcRPMetaDataOptionsClientID: CLIENT.client_id,
        oidcRPMetaDataOptionsClientSecret: CLIENT.client_secret,
        oidcRPMetaDataOptionsRedirectUris: `${at.site}/auth/callback`,
        oidcRPMetaDataOptionsPostLogoutRedirectUris: `${at.site}/`,
        oidcRPMetaDataOptionsIDTokenSignAlg: 'RS256',
        oidcRPMetaDataOptionsAccessTokenExpiration: at.accessTokenSeconds,
        oidcRPMetaDataOptionsRefreshToken: 1,
        oidcRPMetaDataOptionsBypassConsent: 1, // after its consent page, a sign-out ends at the portal
      },
    },
    oidcRPMetaDataExportedVars: { site: { name: 'cn', email: 'mail', groups: 'groups;string;always' } },
  };
}

const cacheOf = (folder: string, namespace: string) => ({
  namespace,
  default_expires_in: 600,
  directory_umask: '007',
  cache_root: join(folder, 'cache'),
  cache_depth: 3,
});

const placesOf = (root: string, folder: string) => `
[all]
logLevel = error
checkTime = 1
[configuration]
type = File
dirName = ${join(folder, 'conf')}
localStorage = Cache::FileCache
localStorageOptions = ${JSON.stringify(cacheOf(folder, 'lemonldap-ng-config')).replaceAll('":', '"=>')}
[portal]
staticPrefix = /static
templateDir = ${join(root, 'usr/share/lemonldap-ng/portal/templates')}
languages = en
[handler]
status = 0
useRedirectOnError = 1
`;

/** Passes its pages: who it is, after a button where the last sign-in is too old. */
async function signIn(browser: Browser, visit: Visit, login: Login) {
  const pages: Page[] = [];
  let at = visit;
  while (/\/(oauth2|renewsession)\b/.test(at.hops.at(-1)?.url ?? '')) {
    const asksWho = (await at.response.clone().text()).includes('name="password"');
    if (asksWho) pages.push('login');
    at = await submit(browser, at, asksWho ? { user: ACCOUNTS[login], password: ACCOUNTS[login] } : {});
  }
  return { visit: at, pages };
}
