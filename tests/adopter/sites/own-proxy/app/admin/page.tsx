import { requireSession } from 'next-gatehouse/server';

export default async function AdminPage() {
  const { user } = await requireSession({ roles: ['admin'] });
  return (
    <main>
      <h1>ADOPTER-admin</h1>
      <p>{`Hello, ${user.name}`}</p>
    </main>
  );
}
