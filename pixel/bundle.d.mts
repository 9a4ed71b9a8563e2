/** Makes the text of `tag.js`, as it is served. */
export function bundleTag(): Promise<string>;
/** Makes the text of `sync.js`, as it is served. */
export function bundleSync(): Promise<string>;
