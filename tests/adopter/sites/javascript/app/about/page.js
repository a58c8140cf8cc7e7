export default function AboutPage() {
  return <h1>ADOPTER-about</h1>;
}
