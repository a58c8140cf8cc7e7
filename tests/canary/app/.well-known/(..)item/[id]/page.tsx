/** Below an open path, in the place of a closed page. */
export default async function ItemInPassing({ params }: { params: Promise<{ id: string }> }) {
  return <p>CANARY-intercepted {(await params).id}</p>;
}
