/** The one page that is public. */
export default function Home() {
  return <p>PUBLIC-home</p>;
}
