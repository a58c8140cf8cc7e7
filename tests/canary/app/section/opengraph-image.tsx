export const contentType = 'image/png';

export default function OpenGraphImage() {
  return new Response('CANARY-opengraph-image', { headers: { 'Content-Type': contentType } });
}
