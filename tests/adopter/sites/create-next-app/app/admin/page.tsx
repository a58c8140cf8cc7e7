export default function AdminPage() {
  return <h1>ADOPTER-admin</h1>;
}
