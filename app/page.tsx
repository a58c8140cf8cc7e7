import Link from 'next/link';
import { SignIn } from 'next-gatehouse/client';
import { getSession, type User } from 'next-gatehouse/server';
import { Shell } from './shell';

/** Public, and yet it knows who looks at it: `getSession()` opens the cookie, and null is an answer like any other. */
export default async function Landing() {
  const session = await getSession();
  return (
    <Shell current="/" session={session}>
      <h1>A small site behind a gate</h1>
      <p className="lead">
        The gate stands in front of every page. It sends people to their sign-in service, keeps their session, and
        decides who may open what.
      </p>
      {session ? <Welcome user={session.user} /> : <Stranger />}
      <h2>What is here</h2>
      <ul className="pages">
        <li>
          <Link href="/dashboard" prefetch={false}>
            Dashboard
          </Link>
          <span className="tag">signed in</span>
          <p>Prerendered when the site was built. The gate alone keeps strangers out.</p>
        </li>
        <li>
          <Link href="/account" prefetch={false}>
            Account
          </Link>
          <span className="tag">signed in</span>
          <p>Rendered for you: what the sign-in service says about you, and how long this session lasts.</p>
        </li>
        <li>
          <Link href="/notes" prefetch={false}>
            Notes
          </Link>
          <span className="tag">signed in</span>
          <p>A list, an upload and live events of an API that the gate calls in your name.</p>
        </li>
        <li>
          <Link href="/admin" prefetch={false}>
            Admin
          </Link>
          <span className="tag">role admin</span>
          <p>For administrators. All others are told that they may not open it.</p>
        </li>
        <li>
          <Link href="/vault" prefetch={false}>
            Vault
          </Link>
          <span className="tag">second factor</span>
          <p>Asks for a sign-in with a second factor, not older than five minutes.</p>
        </li>
        <li>
          <a href="/api/me">/api/me</a>
          <span className="tag">signed in</span>
          <p>A route handler that answers in JSON.</p>
        </li>
      </ul>
    </Shell>
  );
}

function Welcome({ user }: { user: User }) {
  const { name, email, sub } = user;
  const shown = [name, email].find((claim) => typeof claim === 'string' && claim !== '') ?? sub;
  return (
    <section className="card" aria-label="Your session">
      <p>
        You are signed in as{' '}
        <strong>
          <bdi>{String(shown)}</bdi>
        </strong>
        .
      </p>
      <div className="ways">
        <Link className="button" href="/dashboard" prefetch={false}>
          Open the dashboard
        </Link>
      </div>
    </section>
  );
}

function Stranger() {
  return (
    <section className="card" aria-label="Your session">
      <p>You are not signed in. This page is public; the others ask you to sign in first.</p>
      <div className="ways">
        <SignIn className="button" returnTo="/dashboard" />
      </div>
    </section>
  );
}
