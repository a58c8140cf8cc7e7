export const getServerSideProps = async () => ({ props: { canary: 'CANARY-legacy' } });

export default function Legacy({ canary }: { canary: string }) {
  return <p>{canary}</p>;
}
