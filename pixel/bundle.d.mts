/** Makes the text of `tag.js`, as it is served. */
export function bundleTag(): Promise<string>;
