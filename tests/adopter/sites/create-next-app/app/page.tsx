import { getSession } from 'next-gatehouse/server';
import { Suspense } from 'react';

export default function StartPage() {
  return (
    <main>
      <h1>ADOPTER-start</h1>
      <Suspense fallback={<p>One moment…</p>}>
        <Visitor />
      </Suspense>
    </main>
  );
}

async function Visitor() {
  const session = await getSession();
  return <p>{`Hello, ${session?.user.name ?? 'stranger'}`}</p>;
}
