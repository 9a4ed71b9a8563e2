import type { LogLine } from './access-log.ts';

/** Why a line of a log is no view of a page. */
export type NoPage = 'not_a_page_view' | 'asset';

/**
 * Endings of what a page loads or links to, but in which no tag could stand. Everything else is a page: an
 * ending that nobody knows is more often a part of a name (`/john.smith`, `/release-1.2`) than a file.
 */
const ASSET_ENDINGS: ReadonlySet<string> = new Set(
  [
    'png jpg jpeg jpe jfif gif webp avif apng svg svgz ico cur bmp tif tiff heic psd ai eps',
    'css less scss js mjs cjs ts jsx tsx map wasm',
    'woff woff2 ttf otf eot',
    'mp3 m4a ogg oga opus wav flac aac mid midi mp4 m4v webm ogv avi mov mkv wmv flv swf m3u m3u8 mpd vtt srt',
    'zip gz tgz bz2 tbz xz txz zst 7z rar tar jar war iso img dmg pkg deb rpm apk ipa exe msi bin dll so gem whl',
    'xml xsl xslt dtd xsd rss atom rdf json jsonl ndjson yaml yml toml csv tsv sql db sqlite parquet',
    'pdf ps djvu epub mobi doc docx odt rtf xls xlsx ods ppt pptx odp tex txt log',
    'c h cc cpp hpp cs java class py pyc rb pl pm sh bash go rs lua swift kt m4 mk conf cfg ini patch diff spec vim',
    'webmanifest manifest appcache pem crt asc sig md5 sha1 sha256 bak old swp lock pcap torrent ics vcf',
  ].flatMap((line) => line.split(' ')),
);

/** The last step of a path under which programs that publish ask for news: `/feed/`, `/blog/rss`. */
const FEED_PATH = /\/(?:feeds?|rss2?|atom)\/?$/i;
/** The same in a query: `?feed=rss2`, `?flav=atom`. */
const FEED_QUERY = /[?&](?:feed|flav|flavou?r|format|type|output|view)=(?:rss|atom)[\d.]{0,3}(?=&|$)/i;

/**
 * The path and query of the page that a line tells of, or why it tells of none: only a GET that was answered
 * with a page (2xx, or 304 where the browser still had it) is a view.
 */
export function viewedPage({ request, status }: LogLine): { readonly target: string } | NoPage {
  const target = /^GET (\/\S*)(?: HTTP\/\d(?:\.\d)?)?$/.exec(request)?.[1];
  const successful = (status >= 200 && status < 300) || status === 304;
  if (target === undefined || !successful) return 'not_a_page_view';
  return isAsset(target) ? 'asset' : { target };
}

function isAsset(target: string): boolean {
  const end = target.search(/[?#]/);
  const path = end === -1 ? target : target.slice(0, end);
  const name = path.slice(path.lastIndexOf('/') + 1);
  const dot = name.lastIndexOf('.');
  if (dot !== -1 && ASSET_ENDINGS.has(name.slice(dot + 1).toLowerCase())) return true;
  return FEED_PATH.test(path) || (end !== -1 && FEED_QUERY.test(target.slice(end)));
}
