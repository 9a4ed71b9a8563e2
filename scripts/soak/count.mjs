/** A number in a hit's keywords, and in the features made of it. */
const TABLES = {
  hits: "arrayFirst(k -> k LIKE 'n%', keywords)",
  features: "if(kind = 'keyword', value, '')",
};

/**
 * Looks for numbered hits in ClickHouse, in the hits and in the features that are made of them at the insert.
 *
 * @param {(sql: string) => Promise<string>} ask answers TabSeparated text.
 * @param {{sent: number, acknowledged: number[]}} load numbers from 0 to under `sent`, and those that must be there.
 * @returns {Promise<Record<'found' | 'lost' | 'doubled', {hits: number, features: number}>>} `found`: different
 *   numbers; a hit that was sent and not acknowledged may be there, but never twice.
 */
export async function countNumbered(ask, { sent, acknowledged }) {
  const counts = { found: {}, lost: {}, doubled: {} };
  for (const [table, word] of Object.entries(TABLES)) {
    const there = new Uint8Array(sent);
    const rows = await ask(
      `SELECT toUInt32OrZero(substring(${word} AS word, 2)) AS n, count() FROM ninety.${table} WHERE word LIKE 'n%' GROUP BY n FORMAT TabSeparated`,
    );
    let found = 0;
    let doubled = 0;
    for (const row of rows.split('\n').slice(0, -1)) {
      const [number, count] = row.split('\t').map(Number);
      there[number] = 1;
      found += 1;
      if (count !== 1) doubled += 1;
    }
    counts.found[table] = found;
    counts.doubled[table] = doubled;
    counts.lost[table] = acknowledged.reduce((lost, number) => lost + (there[number] === 0 ? 1 : 0), 0);
  }
  return counts;
}
