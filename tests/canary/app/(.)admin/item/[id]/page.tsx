/** In the place of a page that needs the role, under an address that does not begin like it. */
export default async function AdminItemInPassing({ params }: { params: Promise<{ id: string }> }) {
  return <p>CANARY-admin-intercepted {(await params).id}</p>;
}
