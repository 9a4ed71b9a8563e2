// Makes the table of letter pairs in src/collect/redact/tokens.ts: how much likelier two letters follow each
// other in evenly random text than in words, in half bits. The words are the names that Unicode's CLDR (inside
// Node) has for countries, languages, currencies, scripts, months and days in 51 languages, the prose of the
// dependencies' readmes, and, where a folder of the IAB's taxonomies is given, the names in them.
// `node scripts/letter-pairs.mjs [FOLDER]` prints the rows; another Node or other dependencies change a few.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const LANGUAGES =
  'af az bs ca cs cy da de en es et eu fi fil fr ga gl hr hu id is it jv lt lv ms nb nl pl pt ro sk sl sq sr-Latn sv sw tr uz vi zu so ha yo ig mt lb fo rm br gd'.split(
    ' ',
  );
const SCRIPTS = 'Latn Cyrl Arab Grek Hebr Thai Deva Hans Hant Jpan Kore Beng Taml'.split(' ');
const LETTERS = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'];
/** Prose in English alone counts less, so that it does not outweigh all the other languages. */
const PROSE = 0.3;
/** Of each pair, so that none that was never seen is proof of anything. */
const FLOOR = 0.0008;
/** Bits, beyond which a single pair does not weigh. */
const LEAST = -3.5;
const MOST = 6;

const LIGATURES = { ß: 'ss', ø: 'o', ł: 'l', đ: 'd', ı: 'i', æ: 'ae', œ: 'oe' };
const fold = (text) =>
  text
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[ßøłđıæœ]/g, (letter) => LIGATURES[letter]);

const counts = LETTERS.map(() => new Float64Array(LETTERS.length));

function count(text, weight) {
  for (const word of fold(text).match(/[a-z]{2,}/g) ?? [])
    for (let at = 1; at < word.length; at++)
      counts[word.charCodeAt(at - 1) - 97][word.charCodeAt(at) - 97] += weight;
}

const pairs = LETTERS.flatMap((a) => LETTERS.map((b) => a + b));
const CODES = {
  region: pairs,
  language: [...pairs, ...pairs.flatMap((pair) => LETTERS.map((c) => pair + c))].map((code) =>
    code.toLowerCase(),
  ),
  currency: Intl.supportedValuesOf('currency'),
  script: SCRIPTS,
};
for (const language of LANGUAGES) {
  for (const [type, codes] of Object.entries(CODES)) {
    const names = new Intl.DisplayNames([language], { type, fallback: 'none' });
    for (const code of codes) count(names.of(code) ?? '', 1);
  }
  for (let month = 0; month < 12; month++)
    count(
      new Date(2024, month, 3 + month).toLocaleDateString(language, { weekday: 'long', month: 'long' }),
      1,
    );
}

function countProse(folder, depth) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory() && depth > 0) countProse(path, depth - 1);
    else if (entry.isFile() && /^(readme|changelog).*\.md$/i.test(entry.name))
      count(readFileSync(path, 'utf8').replace(/https?:\/\/\S+|`[^`]*`|\b\w*\d\w*\b/g, ' '), PROSE);
  }
}
countProse(fileURLToPath(new URL('../node_modules', import.meta.url)), 4);

const [, , taxonomies] = process.argv;
if (taxonomies !== undefined) {
  for (const file of readdirSync(taxonomies)) {
    const lines = readFileSync(join(taxonomies, file), 'utf8').split('\n');
    count(lines.map((line) => line.split('\t').slice(2).join(' ')).join(' '), PROSE);
  }
}

for (const row of counts) {
  const all = row.reduce((sum, each) => sum + each, 0);
  const halves = [...row].map((each) => {
    const share = (each + all * FLOOR) / (all * (1 + FLOOR * LETTERS.length));
    const bits = Math.log2(1 / LETTERS.length / share);
    return Math.round(2 * Math.max(LEAST, Math.min(MOST, bits)));
  });
  process.stdout.write(`${String.fromCharCode(...halves.map((half) => 'h'.charCodeAt(0) + half))}\n`);
}
