import { fetchAsUser } from 'next-gatehouse/server';
import { Suspense } from 'react';

export default function OrdersPage() {
  return (
    <main>
      <h1>ADOPTER-orders</h1>
      <Suspense fallback={<p>One moment…</p>}>
        <Orders />
      </Suspense>
    </main>
  );
}

async function Orders() {
  const { path, sub } = await (
    await fetchAsUser(`${process.env.BACKEND_API_URL}/orders`, { cache: 'no-store' })
  ).json();
  return <p>{`${path} of ${sub}`}</p>;
}
