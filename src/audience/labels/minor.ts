import { keyOf, readAges } from './known.ts';

const ADULT = 18;
const YEAR = /(?:19|20)\d\d/;

/** Names of attributes that hold an age; that of a car or a contract is nobody's. */
const AGE =
  /(?:^|_)(?:age|ages|aged|agegroup|ageband|agerange|alter|altersgruppe|edad|idade|leeftijd)(?:_|$)/;
const OF_THINGS =
  /(?:^|_)(?:car|vehicle|home|house|property|building|device|phone|account|contract|membership|subscription|company|pet|dog|cat)(?:_|$)/;

/** Names that ask whether somebody is a minor; in the house of who is asked they are a parent's. */
const ASKING =
  /(?:^|_)(?:minor|minors|under_?age|(?:under|below|u)_?1[0-8]|teen|teens|teenager|teenagers|tween|preteen|adolescent|adolescents|is_(?:a_)?(?:child|kid)|schoolchild|pupil)(?:_|$)/;
const OF_PARENTS =
  /(?:^|_)(?:parent|parents|mother|father|mum|mom|dad|household|family|families|has|have|with|number|count|of|in|child|children|kid|kids)(?:_|$)/;

/** What is said of minors alone. */
const ALONE = new Set(`minor|minors|child|kid|pupil|pupils|generation alpha|gen alpha`.split('|'));
const WORDS =
  /(?<!\p{L})(?:under ?age|teen(?:s|age|aged|agers?)?|(?:pre ?)?(?:teens?|tweens?)|adolescents?|school(?:child|children|kids?|boys?|girls?)|(?:primary|elementary|middle|junior|high|secondary) school (?:students?|pupils?|kids?)|jugendlich\p{L}*|minderjahrig\p{L}*|minorenn\p{L}*|menor(?:es)? de edad|menor(?:es)? de idade)(?!\p{L})/u;
const PARENTS =
  /(?<!\p{L})(?:parents?|mothers?|fathers?|mums?|moms?|dads?|famil\p{L}*|households?|with|has|have|raising|eltern)(?!\p{L})/u;
/** `under 18s`, `u16`, `moins de 18 ans` */
const UNDER =
  /^(?:u|under|below|younger than|less than|unter|moins de|menos de|menores de|meno di|onder) ?1[0-8]s?(?: years?| yrs?| jahren?| ans| anos| anni| jaar)?(?: old| of age)?$/;
/** Numbers alone mean anything; these say that they are years of a life. */
const YEARS_OF_LIFE = /(?<!\p{L})(?:ages?|aged|years? olds?|years? of age|yrs? old|yo)(?!\p{L})/u;

/** @returns whether an attribute asks if somebody is a minor, whatever the answer is. */
export const asksMinor = (name: string): boolean => ASKING.test(name) && !OF_PARENTS.test(name);

/** @returns whether an attribute holds the age of a person. */
export const asksAge = (name: string): boolean => AGE.test(name) && !OF_THINGS.test(name);

/** @returns whether an age is under 18, or may be. */
export const isMinorsAge = (name: string, text: string): boolean =>
  tellsMinor(name, text) || (readAges(text)?.low ?? ADULT) < ADULT;

/** @returns whether a value tells of somebody under 18, under whatever attribute. */
export function tellsMinor(name: string, text: string): boolean {
  const key = keyOf(text);
  if (ALONE.has(key) || UNDER.test(key)) return true;
  if (PARENTS.test(key)) return false;
  return WORDS.test(key) || (YEARS_OF_LIFE.test(key) && !OF_THINGS.test(name) && isYoung(text));
}

const isYoung = (text: string): boolean =>
  Math.min(readAges(text)?.low ?? ADULT, Number(/\d+/.exec(text)?.[0] ?? ADULT)) < ADULT;

/** @returns whether a year or a date of birth is of somebody who may be under 18 still. */
export function isMinorsYear(text: string): boolean {
  const year = YEAR.exec(text);
  return year !== null && new Date().getUTCFullYear() - Number(year[0]) <= ADULT;
}
