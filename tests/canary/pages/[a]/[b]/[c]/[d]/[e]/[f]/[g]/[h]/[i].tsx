/**
 * Answers below `/_next/static/`, also behind a locale, where Next leaves routes of the App Router out. Not below the one
 * open path, where no session is needed to see what it says.
 */
export async function getServerSideProps({ params }: { params: { a: string } }) {
  console.log('CANARY-nine-deep-ran');
  if (params.a === '.well-known') return { notFound: true };
  return { props: { canary: 'CANARY-nine-deep' } };
}

export default function Nine({ canary }: { canary: string }) {
  return <p>{canary}</p>;
}
