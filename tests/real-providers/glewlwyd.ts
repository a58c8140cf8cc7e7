import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../../local/site.mjs';
import { confirmSignOut, signIn } from './glewlwyd-pages';
import { setUp } from './glewlwyd-setup';
import type { RealProvider } from './life';
import { environmentOf, run, temporaryFolder } from './programs';
import { watch } from './watched';

/** Glewlwyd with SQLite. */
export async function startGlewlwyd(root: string, site: string, accessTokenSeconds: number): Promise<RealProvider> {
  const port = await freePort(0);
  const inner = `http://127.0.0.1:${port}`;
  const watched = await watch(() => inner);
  const folder = temporaryFolder('glewlwyd');
  const env = environmentOf(root);
  const database = join(folder, 'glewlwyd.db');
  const sql = (input: string | Buffer) =>
    execFileSync('sqlite3', [database], { input, env: { ...process.env, ...env } });
  sql(readFileSync(join(root, 'usr/share/dbconfig-common/data/glewlwyd/install/sqlite3')));
  const configuration = join(folder, 'glewlwyd.conf');
  writeFileSync(configuration, configurationOf({ root, port, database, url: watched.url }));
  const command = join(root, 'usr/bin/glewlwyd');
  const program = await run({ command, args: ['--config-file', configuration], env, url: `${inner}/config` }, folder);
  await setUp(watched.url, site, accessTokenSeconds);
  return {
    issuer: `${watched.url}/api/oidc`,
    watched,
    signIn,
    confirmSignOut,
    async forget(login) {
      sql(`UPDATE gpo_refresh_token SET gpor_enabled = 0 WHERE gpor_username = '${login}';`);
    },
    async close() {
      await Promise.all([watched.close(), program.close()]);
    },
  };
}

/** What the sample of the package has, with other places. */
const configurationOf = (at: { root: string; port: number; database: string; url: string }) => `
port=${at.port}
bind_address="127.0.0.1"
external_url="${at.url}"
login_url="login.html"
api_prefix="api"
static_files_path="${at.root}/usr/share/glewlwyd/webapp/"
log_mode="console"
log_level="WARNING"
cookie_secure=0
session_expiration=2419200
session_key="GLEWLWYD2_SESSION_ID"
admin_scope="g_admin"
profile_scope="g_profile"
user_module_path="${at.root}/usr/lib/glewlwyd/user"
user_middleware_module_path="${at.root}/usr/lib/glewlwyd/user_middleware"
client_module_path="${at.root}/usr/lib/glewlwyd/client"
user_auth_scheme_module_path="${at.root}/usr/lib/glewlwyd/scheme"
plugin_module_path="${at.root}/usr/lib/glewlwyd/plugin"
hash_algorithm="SHA512"
database = { type = "sqlite3"; path = "${at.database}"; };
`;
