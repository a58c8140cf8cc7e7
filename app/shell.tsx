import Link from 'next/link';
import type { Session } from 'next-gatehouse';
import type { ReactNode } from 'react';
import { Corner } from './corner';

const PAGES = [
  { path: '/', name: 'Home' },
  { path: '/dashboard', name: 'Dashboard' },
  { path: '/account', name: 'Account' },
  { path: '/notes', name: 'Notes' },
  { path: '/admin', name: 'Admin' },
  { path: '/vault', name: 'Vault' },
] as const;

interface ShellProps {
  /** The page that is shown, where the navigation has it. Passed in: asking the router for it takes client code. */
  readonly current?: (typeof PAGES)[number]['path'];
  /** The session, on a page for people who are signed in. A prerendered page cannot know it: `unknown`, and the browser asks. */
  readonly session?: Session | null | 'unknown';
  readonly children: ReactNode;
}

export function Shell({ current, session, children }: ShellProps) {
  return (
    <>
      <a className="skip" href="#content">
        Skip to content
      </a>
      <header className="top">
        <div className="top-inner">
          <span className="brand">
            <svg viewBox="0 0 32 32" width="28" height="28" aria-hidden="true" focusable="false">
              <rect width="32" height="32" rx="7" />
              <path d="M8.5 25V14.5a7.5 7.5 0 0 1 15 0V25M16 7v18M8.5 17h15M12.25 9v16M19.75 9v16" />
            </svg>
            Gatehouse
          </span>
          <nav aria-label="Pages">
            <ul>
              {PAGES.map(({ path, name }) => (
                <li key={path}>
                  {/* No prefetch: what the browser fetched ahead would still be shown after the session has ended. */}
                  <Link href={path} prefetch={false} aria-current={path === current ? 'page' : undefined}>
                    {name}
                  </Link>
                </li>
              ))}
            </ul>
          </nav>
          <div className="corner">
            {session && (
              <Corner returnTo={current ?? '/dashboard'} {...(session !== 'unknown' && { initial: session })} />
            )}
          </div>
        </div>
      </header>
      <main id="content" tabIndex={-1}>
        {children}
      </main>
    </>
  );
}
