export const getServerSideProps = async () => ({ props: { canary: 'CANARY-admin-legacy' } });

export default function AdminLegacy({ canary }: { canary: string }) {
  return <p>{canary}</p>;
}
