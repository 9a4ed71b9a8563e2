import { MATCH_FIELDS, type MatchField, type ResolvedRule } from '../rule/rule.ts';

/**
 * What a rule asks for by itself, so that a feature that says the same tells nothing new.
 *
 * @returns whether a feature, by its name such as `category:596` or `page:shop/cars`, is named by the rule.
 */
export function namedBy(rule: ResolvedRule): (feature: string) => boolean {
  const named = new Map<MatchField, ((value: string) => boolean)[]>();
  const look = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return;
    for (const [key, value] of Object.entries(node)) {
      if (isField(key) && Array.isArray(value))
        named.set(key, [...(named.get(key) ?? []), ...value.map(asTest)]);
      else look(value);
    }
  };
  look(rule);
  const asks = (field: MatchField, value: string) => named.get(field)?.some((test) => test(value)) ?? false;
  return (feature) => {
    const colon = feature.indexOf(':');
    const kind = feature.slice(0, colon);
    const value = feature.slice(colon + 1);
    if (kind !== 'page') return isField(kind) && asks(kind, value);
    const slash = value.indexOf('/');
    return asks('site', value.slice(0, slash)) || asks('path', value.slice(slash));
  };
}

const isField = (name: string): name is MatchField => (MATCH_FIELDS as readonly string[]).includes(name);

/** As a Match compares: `*` stands for any run of characters. By search, because a pattern of many `*` can take for ever. */
function asTest(wanted: unknown): (value: string) => boolean {
  const [first = '', ...rest] = String(wanted).split('*');
  const last = rest.pop();
  if (last === undefined) return (value) => value === first;
  return (value) => {
    if (!value.startsWith(first)) return false;
    let at = first.length;
    for (const part of rest) {
      const found = value.indexOf(part, at);
      if (found === -1) return false;
      at = found + part.length;
    }
    return value.length - last.length >= at && value.endsWith(last);
  };
}
