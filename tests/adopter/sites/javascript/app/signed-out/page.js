export default function SignedOutPage() {
  return <h1>ADOPTER-signed-out</h1>;
}
