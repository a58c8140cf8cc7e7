import type { Metadata } from 'next';
import { SignIn } from 'next-gatehouse/client';
import { Shell } from './shell';

export const metadata: Metadata = { title: 'Sign-in required' };

/** What `unauthorized()` renders, with status 401: a page that found no session although the gate let it through. */
export default function Unauthorized() {
  return (
    <Shell>
      <h1>Sign-in required</h1>
      <p className="lead">Sign in to continue.</p>
      <div className="ways">
        <SignIn className="button" />
      </div>
    </Shell>
  );
}
