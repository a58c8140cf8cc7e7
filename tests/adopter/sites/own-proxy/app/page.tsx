import { getSession } from 'next-gatehouse/server';

export default async function StartPage() {
  const session = await getSession();
  return (
    <main>
      <h1>ADOPTER-start</h1>
      <p>{`Hello, ${session?.user.name ?? 'stranger'}`}</p>
    </main>
  );
}
