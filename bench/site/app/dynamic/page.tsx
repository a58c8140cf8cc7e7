export const dynamic = 'force-dynamic';

export default function Dynamic() {
  return <p>A page that is rendered for everybody anew, at {Date.now()}</p>;
}
