import type { Metadata } from 'next';
import Link from 'next/link';
import { PROBLEMS } from '@/lib/errors';
import { Shell } from './shell';

const { title, sentence } = PROBLEMS.NOT_FOUND;

export const metadata: Metadata = { title };

export default function NotFound() {
  return (
    <Shell>
      <h1>{title}</h1>
      <p className="lead">{sentence}</p>
      <div className="ways">
        <Link className="button" href="/" prefetch={false}>
          Go to the start page
        </Link>
      </div>
    </Shell>
  );
}
