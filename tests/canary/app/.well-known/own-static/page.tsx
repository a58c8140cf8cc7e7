/** The same, prerendered. */
export default function OwnStaticPage() {
  return <h1>OWN-static-page</h1>;
}
