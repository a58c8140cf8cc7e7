import type { Metadata } from 'next';
import type { Json } from 'next-gatehouse';
import { requireSession } from 'next-gatehouse/server';
import { Shell } from '../shell';
import { Devices } from './devices';
import { Moment } from './moment';

export const metadata: Metadata = { title: 'Account' };

export default async function Account() {
  const session = await requireSession();
  const { user, expiresAt, idleExpiresAt } = session;
  const now = Date.now();
  return (
    <Shell current="/account" session={session}>
      <h1>Account</h1>
      <p className="lead">What this site knows about you.</p>
      <section className="card" aria-labelledby="claims">
        <h2 id="claims">Claims</h2>
        <p className="quiet">From your sign-in service, as this session keeps them.</p>
        <dl>
          {Object.entries(user).map(([name, value]) => (
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
            <dt>Ends if unused</dt>
            <dd>
              <Moment at={idleExpiresAt} now={now} />
            </dd>
          </div>
          <div>
            <dt>Ends in any case</dt>
            <dd>
              <Moment at={expiresAt} now={now} />
            </dd>
          </div>
        </dl>
      </section>
      <section className="card" aria-labelledby="devices">
        <h2 id="devices">Devices</h2>
        <p className="quiet">
          Where you are signed in. When a device was seen is exact to a day or two. Times are in UTC.
        </p>
        <Devices now={now} />
      </section>
    </Shell>
  );
}

/** A claim as text: a list by its entries, anything deeper as JSON. */
function shown(value: Json | undefined): string {
  if (typeof value === 'string') return value;
  return Array.isArray(value) ? value.map(shown).join(', ') || 'none' : JSON.stringify(value);
}
