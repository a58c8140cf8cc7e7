import type { Metadata, Viewport } from 'next';
import type { ReactNode } from 'react';
import './globals.css';

export const metadata: Metadata = {
  title: { default: 'Gatehouse sample site', template: '%s · Gatehouse sample site' },
  description: 'A small site behind the Gatehouse sign-in gate.',
};

export const viewport: Viewport = {
  colorScheme: 'light dark',
  themeColor: [
    { media: '(prefers-color-scheme: light)', color: '#f4f6f4' },
    { media: '(prefers-color-scheme: dark)', color: '#101412' },
  ],
};

/** Reads no cookie: a layout that did would make every page below it dynamic, the prerendered ones too. */
export default function RootLayout({ children }: { children: ReactNode }) {
  return (
    <html lang="en">
      <body>{children}</body>
    </html>
  );
}
