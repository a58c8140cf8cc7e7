import type { Metadata } from 'next';
import { PROBLEMS } from '@/lib/errors';
import { Shell } from './shell';

const { title, sentence } = PROBLEMS.UNAUTHENTICATED;

export const metadata: Metadata = { title };

/** What `unauthorized()` renders, with status 401: a page that found no session although the gate let it through. */
export default function Unauthorized() {
  return (
    <Shell>
      <h1>{title}</h1>
      <p className="lead">{sentence}</p>
      <div className="ways">
        <a className="button" href="/auth/login">
          Sign in
        </a>
      </div>
    </Shell>
  );
}
