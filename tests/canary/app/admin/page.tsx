export default function Admin() {
  return <p>CANARY-admin-page</p>;
}
