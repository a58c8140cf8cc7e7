import type { ReactNode } from 'react';
import { routing } from '../../i18n/routing';

export const generateStaticParams = () => routing.locales.map((locale) => ({ locale }));

interface Props {
  readonly children: ReactNode;
  readonly params: Promise<{ locale: string }>;
}

export default async function Layout({ children, params }: Props) {
  const { locale } = await params;
  return (
    <html lang={locale}>
      <body>{children}</body>
    </html>
  );
}
