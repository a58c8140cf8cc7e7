import { requireSession } from 'next-gatehouse/server';

export default async function SelfAdmin() {
  const { user } = await requireSession({ roles: ['admin'] });
  return <p>CANARY-self-admin {user.sub}</p>;
}
