export default async function Item({ params }: { params: Promise<{ id: string }> }) {
  return <p>CANARY-item {(await params).id}</p>;
}
