/** Like the start page, but no rule of the gate's makes it public. */
export default function Static() {
  return <p>A page that the build has rendered</p>;
}
