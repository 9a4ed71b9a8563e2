/**
 * More edits than this are not looked for: what differs so much is shown as taken out and put in whole. Bounds
 * the search to some million steps and 4 MB, whatever the length of what is compared.
 */
const MAX_EDITS = 1000;

/**
 * Which parts of two lists are the same, by the shortest way to make one of the other (Myers 1986, "An O(ND)
 * difference algorithm and its variations").
 *
 * @returns pairs of places, `[in before, in after]`, both rising.
 */
export function common(before: readonly string[], after: readonly string[]): [number, number][] {
  let start = 0;
  while (start < before.length && start < after.length && before[start] === after[start]) start += 1;
  let end = 0;
  const shorter = Math.min(before.length, after.length) - start;
  while (end < shorter && before.at(-1 - end) === after.at(-1 - end)) end += 1;
  const head = Array.from({ length: start }, (_, n): [number, number] => [n, n]);
  const tail = Array.from({ length: end }, (_, n): [number, number] => [
    before.length - end + n,
    after.length - end + n,
  ]);
  const middle = search(before.slice(start, before.length - end), after.slice(start, after.length - end));
  return [...head, ...middle.map(([a, b]): [number, number] => [a + start, b + start]), ...tail];
}

function search(before: readonly string[], after: readonly string[]): [number, number][] {
  const most = Math.min(before.length + after.length, MAX_EDITS);
  /** By diagonal, counted from -most: how far in `before` it is reached with so many edits. */
  const reached = new Int32Array(2 * most + 3);
  const at = (diagonal: number) => diagonal + most + 1;
  /** What was reached before each number of edits. */
  const steps: Int32Array[] = [];
  for (let edits = 0; edits <= most; edits++) {
    steps.push(reached.slice(at(-edits - 1), at(edits + 1) + 1));
    for (let diagonal = -edits; diagonal <= edits; diagonal += 2) {
      const down =
        diagonal === -edits ||
        (diagonal !== edits && reached[at(diagonal - 1)]! < reached[at(diagonal + 1)]!);
      let a = down ? reached[at(diagonal + 1)]! : reached[at(diagonal - 1)]! + 1;
      while (a < before.length && a - diagonal < after.length && before[a] === after[a - diagonal]) a += 1;
      reached[at(diagonal)] = a;
      if (a >= before.length && a - diagonal >= after.length) return walkBack(steps, before, after);
    }
  }
  return [];
}

function walkBack(
  steps: readonly Int32Array[],
  before: readonly string[],
  after: readonly string[],
): [number, number][] {
  const pairs: [number, number][] = [];
  let [a, b] = [before.length, after.length];
  for (let edits = steps.length - 1; edits >= 0; edits--) {
    const reached = (diagonal: number) => steps[edits]![diagonal + edits + 1]!;
    const diagonal = a - b;
    const down = diagonal === -edits || (diagonal !== edits && reached(diagonal - 1) < reached(diagonal + 1));
    const from = edits === 0 ? 0 : reached(down ? diagonal + 1 : diagonal - 1);
    const [startA, startB] = edits === 0 ? [0, 0] : [from, from - (down ? diagonal + 1 : diagonal - 1)];
    const edited = edits === 0 ? 0 : down ? startA : startA + 1;
    while (a > edited) pairs.push([--a, --b]);
    [a, b] = [startA, startB];
  }
  return pairs.reverse();
}

/** A line of a diff: the same in both, taken out, put in; or so many lines that are left out. */
export type DiffLine = `${' ' | '-' | '+' | '…'}${string}`;

/** Lines shown around a change. */
const CONTEXT = 2;

/**
 * How one text becomes another, line by line, with the lines around each change.
 *
 * @param most lines; the rest is counted in the last.
 */
export function diff(before: string, after: string, most = Number.POSITIVE_INFINITY): DiffLine[] {
  const [old, now] = [linesOf(before), linesOf(after)];
  const lines: DiffLine[] = [];
  let [a, b] = [0, 0];
  for (const [sameA, sameB] of [...common(old, now), [old.length, now.length]] as const) {
    for (; a < sameA; a++) lines.push(`-${old[a]!}`);
    for (; b < sameB; b++) lines.push(`+${now[b]!}`);
    if (a < old.length && b < now.length) lines.push(` ${old[a]!}`);
    a += 1;
    b += 1;
  }
  const shown = folded(lines);
  if (shown.length <= most) return shown;
  return [...shown.slice(0, most), `… ${shown.length - most} more lines`];
}

const linesOf = (text: string) => (text === '' ? [] : text.replace(/\n$/, '').split('\n'));

/** Runs of equal lines far from any change become one line that counts them. */
function folded(lines: readonly DiffLine[]): DiffLine[] {
  const near = new Uint8Array(lines.length);
  for (const [n, line] of lines.entries())
    if (!line.startsWith(' ')) near.fill(1, Math.max(0, n - CONTEXT), n + CONTEXT + 1);
  if (!near.includes(1)) return [];
  const shown: DiffLine[] = [];
  for (let n = 0; n < lines.length; ) {
    const from = n;
    while (n < lines.length && near[n] === 0) n += 1;
    // One line left out would take as much room as its count.
    if (n - from === 1) shown.push(lines[from]!);
    else if (n > from) shown.push(`… ${n - from} lines`);
    if (n < lines.length) shown.push(lines[n++]!);
  }
  return shown;
}
