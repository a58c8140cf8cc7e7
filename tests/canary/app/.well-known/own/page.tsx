import { getProblem, getSession } from 'next-gatehouse/server';

/** Takes the place of the gate's own page for problems where the canary is started so. */
export default async function OwnPage() {
  return (
    <main>
      <h1>OWN-page</h1>
      <p>{JSON.stringify({ problem: await getProblem(), session: await getSession() })}</p>
    </main>
  );
}
