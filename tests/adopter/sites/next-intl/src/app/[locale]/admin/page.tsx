import { requireSession } from 'next-gatehouse/server';
import { getTranslations } from 'next-intl/server';

export default async function AdminPage() {
  const { user } = await requireSession({ roles: ['admin'] });
  const t = await getTranslations();
  return (
    <main>
      <h1>ADOPTER-admin</h1>
      <p>{t('hello', { name: String(user.name) })}</p>
    </main>
  );
}
