import { requireSession } from 'next-gatehouse/server';

export default async function AccountPage() {
  const { user } = await requireSession();
  return (
    <main>
      <h1>ADOPTER-account</h1>
      <p>{`Hello, ${user.name}`}</p>
    </main>
  );
}
