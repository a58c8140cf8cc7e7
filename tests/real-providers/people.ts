/** Who signs in at every provider: Citra is the one whom the provider forgets. */
export type Login = 'ana' | 'budi' | 'citra';

export const LOGINS: readonly Login[] = ['ana', 'budi', 'citra'];

/** Whatever a provider needs as the password; it exists for the run only. */
export const PASSWORD = `planted-password-${crypto.randomUUID()}`;

/** The claims of each, in the names of OIDC Core §5.1; Ana has no role. */
export const PEOPLE = {
  ana: person('ana', 'Ana', 'Plain'),
  budi: { ...person('budi', 'Budi', 'Admin'), roles: ['admin'] },
  citra: { ...person('citra', 'Citra', 'Admin'), roles: ['admin', 'auditor'] },
} as const;

function person(sub: Login, given_name: string, family_name: string) {
  const name = `${given_name} ${family_name}`;
  return { sub, name, given_name, family_name, email: `${sub}@example.test`, email_verified: true };
}
