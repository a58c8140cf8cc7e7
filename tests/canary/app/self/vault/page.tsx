import { requireSession } from 'next-gatehouse/server';

export default async function SelfVault() {
  const { user } = await requireSession({ acr: ['urn:sso:loa:mfa'], maxAge: 300 });
  return <p>CANARY-self-vault {user.sub}</p>;
}
