import { Recent } from '../recent.ts';
import { detached } from './detached.ts';

/** ISO 639-1, the 183 codes in use. */
const CODES = new Set(
  (
    'aa ab ae af ak am an ar as av ay az ba be bg bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz ' +
    'ee el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ' +
    'ik io is it iu ja jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi ' +
    'mk ml mn mr ms mt my na nb nd ne ng nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw ' +
    'sa sc sd se sg si sk sl sm sn so sq sr ss st su sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ' +
    'ur uz ve vi vo wa wo xh yi yo za zh zu'
  ).split(' '),
);

/** Codes that were withdrawn in 1989 and that old browsers still send. */
const WITHDRAWN: Readonly<Record<string, string>> = { iw: 'he', in: 'id', ji: 'yi' };

/** Browsers send well under a hundred characters; what stands behind this is not read. */
const MAX_LENGTH = 256;

const languages = new Recent<string, string>(5_000);

/**
 * The language a person reads first.
 *
 * @param acceptLanguage the header's value (RFC 9110, 12.5.4), such as `de-AT,de;q=0.9,en;q=0.5`.
 * @returns the ISO 639-1 code of the entry of highest weight, the earlier of equals, that has one; empty
 *   where none has.
 */
export function primaryLanguage(acceptLanguage: string | undefined): string {
  if (acceptLanguage === undefined || acceptLanguage === '') return '';
  if (acceptLanguage.length > MAX_LENGTH) return parse(acceptLanguage.slice(0, MAX_LENGTH));
  let language = languages.get(acceptLanguage);
  if (language === undefined) {
    language = parse(acceptLanguage);
    languages.set(detached(acceptLanguage), language);
  }
  return language;
}

function parse(header: string): string {
  let best = '';
  let bestWeight = 0;
  for (const entry of header.split(',')) {
    const [range = '', ...parameters] = entry.split(';');
    const tag = range.trim().toLowerCase().split(/[-_]/, 1)[0]!;
    const code = WITHDRAWN[tag] ?? tag;
    const weight = weightOf(parameters);
    if (weight > bestWeight && CODES.has(code)) {
      best = code;
      bestWeight = weight;
    }
  }
  return best;
}

/** Without `q` it is 1; one that cannot be read weighs nothing. */
function weightOf(parameters: readonly string[]): number {
  const q = parameters.map((p) => p.trim().toLowerCase()).find((p) => p.startsWith('q='));
  if (q === undefined) return 1;
  return /^q=(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/.test(q) ? Number(q.slice(2)) : 0;
}
