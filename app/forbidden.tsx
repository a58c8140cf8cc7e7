import type { Metadata } from 'next';
import Link from 'next/link';
import { SignOut } from 'next-gatehouse/client';
import { Shell } from './shell';

export const metadata: Metadata = { title: 'No access' };

/** What `forbidden()` renders, with status 403: a page that asks for more than the gate's rule did. */
export default function Forbidden() {
  return (
    <Shell>
      <h1>No access</h1>
      <p className="lead">You are signed in, but your account may not open this page.</p>
      <div className="ways">
        <Link className="button" href="/" prefetch={false}>
          Go to the start page
        </Link>
        <SignOut className="button plain" />
      </div>
    </Shell>
  );
}
