import type { Metadata } from 'next';
import { requireSession } from 'next-gatehouse/server';
import { Shell } from '../shell';

export const metadata: Metadata = { title: 'Vault' };

/** The same requirements as in `gatehouse.config.ts`: the gate sends people to the stronger sign-in, the page would only refuse. */
export default async function Vault() {
  const session = await requireSession({ acr: ['urn:sso:loa:mfa'], maxAge: 300 });
  return (
    <Shell current="/vault" session={session}>
      <h1>Vault</h1>
      <p className="lead">You can read this, so you signed in with a second factor within the last five minutes.</p>
      <section className="card" aria-labelledby="proof">
        <h2 id="proof">Why you can</h2>
        <p>
          When the five minutes are over, the next visit asks for the second factor again. On every request the gate
          asks Redis whether this session was ended elsewhere.
        </p>
      </section>
    </Shell>
  );
}
