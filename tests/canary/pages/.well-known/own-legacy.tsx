import type { GetServerSidePropsContext, InferGetServerSidePropsType } from 'next';
import { getProblem } from 'next-gatehouse/server';

/** The same in the Pages Router. */
export const getServerSideProps = async ({ req }: GetServerSidePropsContext) => ({
  props: { problem: await getProblem(req) },
});

export default function OwnLegacyPage({ problem }: InferGetServerSidePropsType<typeof getServerSideProps>) {
  return <p>OWN-legacy-page {JSON.stringify({ problem })}</p>;
}
