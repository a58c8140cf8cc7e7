import type { Metadata } from 'next';
import { requireSession } from '@/lib/server/session';
import { Moment } from '../account/moment';
import { Shell, SignOut } from '../shell';

export const metadata: Metadata = { title: 'Vault' };

/** The same demands as in `lib/site.ts`: the gate sends people to the stronger sign-in, the page would only refuse. */
export default async function Vault() {
  const { acr, authTime } = await requireSession({ acr: ['urn:sso:loa:mfa'], maxAge: 300 });
  return (
    <Shell current="/vault" corner={<SignOut />}>
      <h1>Vault</h1>
      <p className="lead">You can read this, so you signed in with a second factor within the last five minutes.</p>
      <section className="card" aria-labelledby="proof">
        <h2 id="proof">How you signed in</h2>
        <p className="quiet">
          When the five minutes are over, the next visit asks for the second factor again. On every request the gate
          asks Redis whether this session was ended elsewhere.
        </p>
        <dl>
          <div>
            <dt>Class</dt>
            <dd>
              <code>{acr}</code>
            </dd>
          </div>
          {authTime !== undefined && (
            <div>
              <dt>When</dt>
              <dd>
                <Moment at={authTime} now={Math.floor(Date.now() / 1000)} />
              </dd>
            </div>
          )}
        </dl>
      </section>
    </Shell>
  );
}
