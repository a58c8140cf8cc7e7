import type { GetServerSideProps } from 'next';

/** It would let any cache keep what is for those who are signed in. */
export const getServerSideProps: GetServerSideProps = async ({ res }) => {
  res.setHeader('Cache-Control', 'public, s-maxage=600');
  res.setHeader('Vary', 'Accept');
  return { props: { canary: 'CANARY-legacy' } };
};

export default function Legacy({ canary }: { canary: string }) {
  return <p>{canary}</p>;
}
