import { requireSession } from 'next-gatehouse/server';

export default async function SelfVault() {
  const { sub } = await requireSession({ acr: ['urn:sso:loa:mfa'], maxAge: 300 });
  return <p>CANARY-self-vault {sub}</p>;
}
