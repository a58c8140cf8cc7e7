import { cookies, headers } from 'next/headers';

/** What reaches a page behind both: the locale that next-intl adds, and the names of the cookies. */
export default async function SeenPage() {
  const locale = (await headers()).get('x-next-intl-locale');
  const names = (await cookies()).getAll().map(({ name }) => name);
  return <pre>{JSON.stringify({ locale, names })}</pre>;
}
