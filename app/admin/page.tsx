import type { Metadata } from 'next';
import type { Rule } from 'next-gatehouse';
import { requireSession } from 'next-gatehouse/server';
import site from '../../gatehouse.config';
import { Shell } from '../shell';

export const metadata: Metadata = { title: 'Admin' };

/** The gate asks for the role already; the page asks again, because a path that slips past a matcher slips past both. */
export default async function Admin() {
  const session = await requireSession({ roles: ['admin'] });
  return (
    <Shell current="/admin" session={session}>
      <h1>Admin</h1>
      <p className="lead">You can read this, so your account has the role admin.</p>
      <section className="card" aria-labelledby="rules">
        <h2 id="rules">Who may open what</h2>
        <p className="quiet">The first rule that matches decides. A path without a rule needs a session.</p>
        <dl>
          {site.rules.map((rule) => (
            <div key={rule.path}>
              <dt>
                <code>{rule.path}</code>
              </dt>
              <dd>{whoMay(rule)}</dd>
            </div>
          ))}
        </dl>
      </section>
    </Shell>
  );
}

function whoMay({ allow, alwaysCheck }: Rule): string {
  if (allow === 'public') return 'every visitor';
  if (allow === 'optional') return 'every visitor, with the session if there is one';
  const requirements = Object.entries(allow === 'session' ? {} : allow).map(
    ([name, value]) => `${name} ${Array.isArray(value) ? value.join(', ') : JSON.stringify(value)}`,
  );
  return ['a session', ...requirements, ...(alwaysCheck ? ['asked of Redis every time'] : [])].join('; ');
}
