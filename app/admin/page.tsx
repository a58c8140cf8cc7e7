import type { Metadata } from 'next';
import { forbidden } from 'next/navigation';
import { requireSession } from '@/lib/server/session';
import { rules } from '@/lib/site';
import type { Rule } from '@/lib/types';
import { Shell, SignOut } from '../shell';

export const metadata: Metadata = { title: 'Admin' };

/** The gate asks for the role already; the page asks again, because a path that slips past a matcher slips past both. */
export default async function Admin() {
  const { roles } = (await requireSession()).claims;
  if (!Array.isArray(roles) || !roles.includes('admin')) forbidden();
  return (
    <Shell current="/admin" corner={<SignOut />}>
      <h1>Admin</h1>
      <p className="lead">You can read this, so your account has the role admin.</p>
      <section className="card" aria-labelledby="rules">
        <h2 id="rules">Who may open what</h2>
        <p className="quiet">The first rule that matches decides. A path without a rule needs a session.</p>
        <dl>
          {rules.map((rule) => (
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

function whoMay({ allow }: Rule): string {
  if (allow === 'public') return 'everybody';
  return allow === 'session' ? 'who is signed in' : `role ${allow.roles.join(' or ')}`;
}
