declare const process: { readonly env: { readonly __NEXT_ROUTER_BASEPATH?: string } };

/** Where the site lives on its host: Next's compilers write the value in place of this expression, as for its own `<Link>`. */
export const BASE_PATH = process.env.__NEXT_ROUTER_BASEPATH ?? '';
