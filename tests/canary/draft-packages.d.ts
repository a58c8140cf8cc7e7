/** Packages that `local/canary.mjs` writes. */
declare module 'draft-of-app' {
  export function on(): Promise<void>;
}
declare module 'draft-of-pages' {
  export function on(response: import('next').NextApiResponse): void;
}
