import type { Metadata } from 'next';
import Link from 'next/link';
import { Shell } from './shell';

export const metadata: Metadata = { title: 'Not found' };

export default function NotFound() {
  return (
    <Shell>
      <h1>Not found</h1>
      <p className="lead">There is no such page.</p>
      <div className="ways">
        <Link className="button" href="/" prefetch={false}>
          Go to the start page
        </Link>
      </div>
    </Shell>
  );
}
