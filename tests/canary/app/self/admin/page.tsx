import { requireSession } from '@/lib/server/session';

export default async function SelfAdmin() {
  const { sub } = await requireSession({ roles: ['admin'] });
  return <p>CANARY-self-admin {sub}</p>;
}
