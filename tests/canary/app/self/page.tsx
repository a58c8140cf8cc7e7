import { requireSession } from '@/lib/server/session';

export default async function Self() {
  const { sub } = await requireSession();
  return <p>CANARY-self-page {sub}</p>;
}
