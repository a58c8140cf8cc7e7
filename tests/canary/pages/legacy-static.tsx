export const getStaticProps = async () => ({ props: { canary: 'CANARY-legacy-static' } });

export default function LegacyStatic({ canary }: { canary: string }) {
  return <p>{canary}</p>;
}
