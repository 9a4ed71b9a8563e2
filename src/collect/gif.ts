/** The smallest transparent GIF: 43 bytes. */
export const GIF = Buffer.from('R0lGODlhAQABAIAAAP///wAAACH5BAEAAAAALAAAAAABAAEAAAICRAEAOw==', 'base64');

/**
 * The headers that every GIF of ours leaves with: pages of any site may show it, nothing on the way keeps it.
 *
 * @param result how it ended, told as `Ninety-Result`.
 * @returns names and values in turn.
 */
export const gifHeaders = (result: string): readonly string[] => [
  'Content-Type',
  'image/gif',
  'Content-Length',
  String(GIF.length),
  'Cache-Control',
  'no-store',
  'Cross-Origin-Resource-Policy',
  'cross-origin',
  'X-Content-Type-Options',
  'nosniff',
  'Timing-Allow-Origin',
  '*',
  'Ninety-Result',
  result,
];
