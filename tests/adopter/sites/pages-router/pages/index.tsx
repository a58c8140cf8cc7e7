import type { GetServerSideProps } from 'next';
import { getSession } from 'next-gatehouse/server';

interface Props {
  readonly name: string;
}

export const getServerSideProps: GetServerSideProps<Props> = async ({ req, res }) => {
  res.setHeader('Cache-Control', 'public, s-maxage=60');
  const session = await getSession(req);
  return { props: { name: String(session?.user.name ?? 'stranger') } };
};

export default function StartPage({ name }: Props) {
  return (
    <main>
      <h1>ADOPTER-start</h1>
      <p>{`Hello, ${name}`}</p>
    </main>
  );
}
