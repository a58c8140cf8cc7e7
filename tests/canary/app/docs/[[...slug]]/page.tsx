export default async function Docs({ params }: { params: Promise<{ slug?: string[] }> }) {
  return <p>CANARY-docs {(await params).slug?.join(' ')}</p>;
}
