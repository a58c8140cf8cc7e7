export default async function AdminItem({ params }: { params: Promise<{ id: string }> }) {
  return <p>CANARY-admin-item {(await params).id}</p>;
}
