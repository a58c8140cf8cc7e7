/** Says whether a secret was there when it was prerendered, which makes a search for it in the build worth something. */
export default function StaticPage() {
  return <p>CANARY-static-page, built with {process.env.SSO_CLIENT_SECRET ? 'secrets' : 'nothing'}</p>;
}
