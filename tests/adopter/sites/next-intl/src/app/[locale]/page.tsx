import { getSession } from 'next-gatehouse/server';
import { getTranslations } from 'next-intl/server';

export default async function StartPage() {
  const session = await getSession();
  const t = await getTranslations();
  return (
    <main>
      <h1>ADOPTER-start</h1>
      <p>{t('hello', { name: String(session?.user.name ?? 'stranger') })}</p>
    </main>
  );
}
