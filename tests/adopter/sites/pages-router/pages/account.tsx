import type { GetServerSideProps } from 'next';
import { getSession, type Session } from 'next-gatehouse/server';

interface Props {
  readonly session: Session;
  readonly locale: string;
}

export const getServerSideProps: GetServerSideProps<Props> = async ({ req, locale = '' }) => {
  const session = await getSession(req);
  return session ? { props: { session, locale } } : { notFound: true };
};

export default function AccountPage({ session, locale }: Props) {
  return (
    <main>
      <h1>ADOPTER-account</h1>
      <p>{`Hello, ${session.user.name}`}</p>
      <p>{`locale ${locale}`}</p>
    </main>
  );
}
