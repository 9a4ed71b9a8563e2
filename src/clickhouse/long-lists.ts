import type { Params } from './client.ts';

/** ClickHouse takes 128 KiB of a parameter (http_max_field_value_size), and 1 MiB of all of them together. */
const MOST_CHARACTERS = 64 * 1024;

/**
 * Cuts lists into pieces that ClickHouse takes, each a parameter of its own, where they are too long for one.
 *
 * @returns the statement that puts them together again; the same where nothing is too long.
 */
export function cutLongLists(sql: string, params: Params): { readonly sql: string; readonly params: Params } {
  let cutSql = sql;
  const cut: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(params)) {
    const pieces = Array.isArray(value) ? piecesOf(value) : [];
    if (pieces.length < 2) {
      cut[name] = value;
      continue;
    }
    for (const [place, piece] of pieces.entries()) cut[`${name}__${place}`] = piece;
    cutSql = cutSql.replaceAll(
      new RegExp(`\\{${name}:([^}]+)\\}`, 'g'),
      (_, type: string) =>
        `arrayConcat(${pieces.map((_piece, place) => `{${name}__${place}:${type}}`).join(', ')})`,
    );
  }
  return cutSql === sql ? { sql, params } : { sql: cutSql, params: cut };
}

function piecesOf(list: readonly unknown[]): unknown[][] {
  const pieces: unknown[][] = [];
  let piece: unknown[] = [];
  let characters = 0;
  for (const each of list) {
    const own = charactersOf(each);
    if (characters + own > MOST_CHARACTERS && piece.length > 0) {
      pieces.push(piece);
      piece = [];
      characters = 0;
    }
    piece.push(each);
    characters += own;
  }
  return piece.length === 0 ? pieces : [...pieces, piece];
}

/** As it stands in the request: packed for a URL, with quotes and a comma. */
const charactersOf = (value: unknown): number =>
  Array.isArray(value)
    ? value.reduce((sum: number, each) => sum + charactersOf(each), 9)
    : encodeURIComponent(String(value)).length + 9;
