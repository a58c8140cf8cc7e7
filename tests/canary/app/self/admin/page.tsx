import { requireSession } from 'next-gatehouse/server';

export default async function SelfAdmin() {
  const { sub } = await requireSession({ roles: ['admin'] });
  return <p>CANARY-self-admin {sub}</p>;
}
