import { requireSession } from 'next-gatehouse/server';
import { Suspense } from 'react';

export default function AdminPage() {
  return (
    <main>
      <h1>ADOPTER-admin</h1>
      <Suspense fallback={<p>One moment…</p>}>
        <Administrator />
      </Suspense>
    </main>
  );
}

async function Administrator() {
  const { user } = await requireSession({ roles: ['admin'] });
  return <p>{`Hello, ${user.name}`}</p>;
}
