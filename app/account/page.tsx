import type { Metadata } from 'next';
import { requireSession } from '@/lib/server/session';
import type { Json } from '@/lib/types';
import { Shell, SignOut } from '../shell';
import { Moment } from './moment';

export const metadata: Metadata = { title: 'Account' };

export default async function Account() {
  const session = await requireSession();
  const now = Math.floor(Date.now() / 1000);
  return (
    <Shell current="/account" corner={<SignOut />}>
      <h1>Account</h1>
      <p className="lead">What this site knows about you.</p>
      <section className="card" aria-labelledby="claims">
        <h2 id="claims">Claims</h2>
        <p className="quiet">From your sign-in service, as this session keeps them.</p>
        <dl>
          {Object.entries({ sub: session.sub, ...session.claims }).map(([name, value]) => (
            <div key={name}>
              <dt>
                <code>{name}</code>
              </dt>
              <dd>
                <bdi>{shown(value)}</bdi>
              </dd>
            </div>
          ))}
        </dl>
      </section>
      <section className="card" aria-labelledby="session">
        <h2 id="session">Session</h2>
        <p className="quiet">Times are in UTC.</p>
        <dl>
          <div>
            <dt>Signed in</dt>
            <dd>
              <Moment at={session.createdAt} now={now} />
            </dd>
          </div>
          <div>
            <dt>Tokens valid until</dt>
            <dd>
              <Moment at={session.tokensExpireAt} now={now} />
              {session.renewable ? ', then renewed without your help' : ', then you sign in again'}
            </dd>
          </div>
          <div>
            <dt>Ends if unused</dt>
            <dd>
              <Moment at={session.idleEndsAt} now={now} />
            </dd>
          </div>
          <div>
            <dt>Ends in any case</dt>
            <dd>
              <Moment at={session.absoluteEndsAt} now={now} />
            </dd>
          </div>
        </dl>
      </section>
    </Shell>
  );
}

/** A claim as text: a list by its entries, anything deeper as JSON. */
function shown(value: Json): string {
  if (typeof value === 'string') return value;
  return Array.isArray(value) ? value.map(shown).join(', ') || 'none' : JSON.stringify(value);
}
