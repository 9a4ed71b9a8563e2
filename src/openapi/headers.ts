/** A header of a request or of an answer. */
export interface Header {
  readonly name: string;
  readonly description: string;
  readonly example: string;
}

export const IF_MATCH: Header = {
  name: 'If-Match',
  description:
    'The version that was read, in quotes, as `ETag` gives it (RFC 9110, 13.1.1); more of them with commas, or `*` for any. Of another version by now nothing is changed: `version_conflict`, with what is there now as `current`.',
  example: '"3"',
};

export const IDEMPOTENCY_KEY: Header = {
  name: 'Idempotency-Key',
  description:
    '1 to 255 printable ASCII characters, in quotes or bare, chosen by the sender: a repeat with the same is answered with the receipt of the first.',
  example: '"labels-2026-11-22"',
};

export const ETAG: Header = {
  name: 'ETag',
  description: 'The version, in quotes: what `If-Match` takes.',
  example: '"3"',
};

export const RETRY_AFTER: Header = {
  name: 'Retry-After',
  description: 'Seconds after which to ask again.',
  example: '5',
};
