import type { GetServerSidePropsContext } from 'next';

/** Says how much of a body has arrived, without a session: a Pages Router page that answers by itself. */
export async function getServerSideProps({ req, res }: GetServerSidePropsContext) {
  let bytes = 0;
  for await (const chunk of req) bytes += chunk.length;
  res.end(JSON.stringify({ bytes }));
  return { props: {} };
}

export default () => null;
