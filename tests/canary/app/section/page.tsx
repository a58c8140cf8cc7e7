export default function Section() {
  return <p>CANARY-section</p>;
}
