/** As deep as an address below `/_next/static/` can be, and deeper than what else is asked for. */
function answer(): Response {
  console.log('CANARY-seven-deep-ran');
  return new Response('CANARY-seven-deep');
}

export { answer as DELETE, answer as GET, answer as POST };
