import type { Match, MatchField, ResolvedRule } from '../rule/rule.ts';
import { matchesOf } from './defining.ts';

/** With one of these a Match asks for some of the hits of a page, not for the page. */
const NARROWER: readonly MatchField[] = [
  'event',
  'category',
  'keyword',
  'title',
  'referrer',
  'source',
  'campaign',
  'creative',
];

/**
 * What a rule asks for by itself, so that a feature that says the same tells nothing new.
 *
 * @returns whether a feature, by its name such as `category:596` or `page:shop/cars`, is named by the rule.
 */
export function namedBy(rule: ResolvedRule): (feature: string) => boolean {
  const matches = matchesOf(rule);
  return (feature) => {
    const colon = feature.indexOf(':');
    const kind = feature.slice(0, colon);
    const value = feature.slice(colon + 1);
    return matches.some((match) => names(match, kind, value));
  };
}

function names(match: Match, kind: string, value: string): boolean {
  const isWhole = !NARROWER.some((field) => match[field]);
  if (kind === 'site') return isWhole && !match.path && has(match, 'site', value);
  if (kind !== 'page') return has(match, kind as MatchField, value);
  const slash = value.indexOf('/');
  const ofSite = !match.site || has(match, 'site', value.slice(0, slash));
  const ofPath = !match.path || match.path.some((path) => isLike(value.slice(slash), path));
  return isWhole && Boolean(match.site ?? match.path) && ofSite && ofPath;
}

const has = (match: Match, field: MatchField, value: string): boolean =>
  match[field]?.some((one) => String(one) === value) ?? false;

/** As a Match compares: `*` stands for any run of characters. By search, because a pattern of many `*` can take for ever. */
function isLike(value: string, wildcard: string): boolean {
  const [first = '', ...rest] = wildcard.split('*');
  const last = rest.pop();
  if (last === undefined) return value === first;
  if (!value.startsWith(first)) return false;
  let at = first.length;
  for (const part of rest) {
    const found = value.indexOf(part, at);
    if (found === -1) return false;
    at = found + part.length;
  }
  return value.length - last.length >= at && value.endsWith(last);
}
