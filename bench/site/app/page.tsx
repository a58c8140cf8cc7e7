export default function Start() {
  return <p>A page</p>;
}
