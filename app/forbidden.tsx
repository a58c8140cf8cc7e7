import type { Metadata } from 'next';
import Link from 'next/link';
import { PROBLEMS } from '@/lib/errors';
import { Shell, SignOut } from './shell';

const { title, sentence } = PROBLEMS.FORBIDDEN;

export const metadata: Metadata = { title };

/** What `forbidden()` renders, with status 403: a page that asks for more than the gate's rule did. */
export default function Forbidden() {
  return (
    <Shell>
      <h1>{title}</h1>
      <p className="lead">{sentence}</p>
      <div className="ways">
        <Link className="button" href="/" prefetch={false}>
          Go to the start page
        </Link>
        <SignOut />
      </div>
    </Shell>
  );
}
