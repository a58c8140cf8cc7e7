import type { Metadata } from 'next';
import { SignIn } from 'next-gatehouse/client';
import { Shell } from '../shell';

export const metadata: Metadata = { title: 'Signed out', robots: { index: false } };

export default function SignedOut() {
  return (
    <Shell>
      <h1>You are signed out</h1>
      <p className="lead">Your session on this site has ended. On a shared computer, close the browser as well.</p>
      <div className="ways">
        <SignIn className="button" returnTo="/dashboard">
          Sign in again
        </SignIn>
      </div>
    </Shell>
  );
}
