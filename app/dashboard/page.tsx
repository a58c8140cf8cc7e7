import type { Metadata } from 'next';
import Link from 'next/link';
import { Shell } from '../shell';

export const metadata: Metadata = { title: 'Dashboard' };

/** An error at build time if something here should ever read the request: this page shows that the gate is enough. */
export const dynamic = 'error';

export default function Dashboard() {
  return (
    <Shell current="/dashboard" session="unknown">
      <h1>Dashboard</h1>
      <p className="lead">You can read this, so you are signed in.</p>
      <section className="card" aria-labelledby="static">
        <h2 id="static">A prerendered page</h2>
        <p>
          This page is the same for every visitor. It was rendered once, when the site was built. The gate checked your
          session before it was served, and told every cache not to keep the answer. The name above is asked for by your
          browser.
        </p>
        <p>
          Your name and your claims are on the{' '}
          <Link href="/account" prefetch={false}>
            account page
          </Link>
          .
        </p>
      </section>
    </Shell>
  );
}
