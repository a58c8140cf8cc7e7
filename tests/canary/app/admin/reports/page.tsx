export default function Reports() {
  return <p>CANARY-admin-reports</p>;
}
