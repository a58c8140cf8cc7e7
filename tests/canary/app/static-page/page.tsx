export default function StaticPage() {
  return <p>CANARY-static-page</p>;
}
