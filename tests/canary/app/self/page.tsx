import { requireSession } from 'next-gatehouse/server';

export default async function Self() {
  const { user } = await requireSession();
  return <p>CANARY-self-page {user.sub}</p>;
}
