import { requireSession } from 'next-gatehouse/server';
import { getTranslations } from 'next-intl/server';

export default async function AccountPage() {
  const { user } = await requireSession();
  const t = await getTranslations();
  return (
    <main>
      <h1>ADOPTER-account</h1>
      <p>{t('hello', { name: String(user.name) })}</p>
    </main>
  );
}
