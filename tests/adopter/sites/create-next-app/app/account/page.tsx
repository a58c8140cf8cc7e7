import { requireSession } from 'next-gatehouse/server';
import { Suspense } from 'react';

export default function AccountPage() {
  return (
    <main>
      <h1>ADOPTER-account</h1>
      <Suspense fallback={<p>One moment…</p>}>
        <Visitor />
      </Suspense>
    </main>
  );
}

async function Visitor() {
  const { user } = await requireSession();
  return <p>{`Hello, ${user.name}`}</p>;
}
