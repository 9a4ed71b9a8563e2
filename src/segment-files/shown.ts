import { styleText } from 'node:util';
import type { Plan, PlanStep } from '../api/segment-plan.ts';
import { thousands } from '../cli/table.ts';
import { segmentDiff } from './content.ts';
import type { DiffLine } from './diff.ts';
import type { Overwrite } from './made-from.ts';
import type { Size, Sizes } from './sizes.ts';

export type Colour = 'green' | 'red' | 'yellow' | 'dim' | 'bold';
export type Paint = (colour: Colour, text: string) => string;

/** Colours are for a terminal, and not for who does not want any (no-color.org). */
export const painter = (stream: { readonly isTTY?: boolean }): Paint =>
  stream.isTTY === true && !process.env['NO_COLOR'] ? styleText : (_, text) => text;

/** What comes from a server or a file may not steer the terminal. */
export const plain = (text: string): string => text.replace(/[^\P{Cc}\n]/gu, '�');

const MARKS = {
  create: ['+', 'green'],
  change: ['~', 'yellow'],
  move: ['>', 'yellow'],
  delete: ['-', 'red'],
} as const;

/** The line of what is done to a segment or a file. */
export function actionLine(paint: Paint, action: keyof typeof MARKS, what: string, more = ''): string {
  const [mark, colour] = MARKS[action];
  return `  ${paint(colour, `${mark} ${action}`)} ${paint('bold', plain(what))}${more === '' ? '' : `  ${plain(more)}`}\n`;
}

const DIFF_COLOURS: Readonly<Record<string, Colour>> = { '+': 'green', '-': 'red', '…': 'dim' };

export const diffText = (paint: Paint, lines: readonly DiffLine[]): string =>
  lines
    .map((line) => {
      const colour = DIFF_COLOURS[line[0]!];
      // The mark stands apart, as that of a list's item does in YAML.
      const text = plain(line.startsWith('…') ? line : `${line[0]!} ${line.slice(1)}`);
      return `      ${colour === undefined ? text : paint(colour, text)}\n`;
    })
    .join('');

/** Of one segment: who wants to read on looks into the file. */
const DIFF_LINES = 200;

const sizeText = (size: Size): string =>
  size === null ? '-' : typeof size === 'number' ? thousands(size) : `? (${size.refused})`;

/** @returns such as `1,200 → 1,450 (+250)`; empty where none was counted. */
export function sizesText(sizes: Sizes | undefined): string {
  if (sizes === undefined) return '';
  const { before, after } = sizes;
  const arrow = `${sizeText(before)} → ${sizeText(after)}`;
  if (typeof before !== 'number' || typeof after !== 'number') return arrow;
  const more = after - before;
  return `${arrow} (${more > 0 ? '+' : ''}${more === 0 ? 'the same' : thousands(more)})`;
}

const fileOf = ({ id, before, after }: PlanStep) => {
  const folder = (after ?? before)?.folder;
  return folder === undefined ? id : `${folder}/${id}`;
};

/** How to overwrite a stored version all the same. */
export const overwriteOf = ({ isApplied }: PlanStep): Overwrite => (isApplied ? 'applied' : 'all');

const unseenText = (paint: Paint, step: PlanStep): string => {
  const what = step.before === null ? ', by which it was deleted,' : '';
  const text = `! version ${step.version} of ${step.updatedAt}${what} was neither pulled into these files nor made of them; apply needs --overwrite ${overwriteOf(step)}`;
  return `      ${paint('yellow', plain(text))}\n`;
};

/**
 * A plan as a person reads it.
 *
 * @param unseen ids of segments whose stored version the files were not made from.
 */
export function planText(
  plan: Plan,
  sizes: ReadonlyMap<string, Sizes>,
  unseen: ReadonlySet<string>,
  paint: Paint,
): string {
  const steps = plan.steps.map(
    (step) =>
      actionLine(paint, step.action, fileOf(step), sizesText(sizes.get(step.id))) +
      (unseen.has(step.id) ? unseenText(paint, step) : '') +
      // Of what goes the name is enough: all of it stays among its versions.
      (step.after === null ? '' : diffText(paint, segmentDiff(step.before, step.after, DIFF_LINES))),
  );
  const affected = plan.affected.map(({ id }) => `    ${plain(id)}  ${sizesText(sizes.get(id))}`.trimEnd());
  return [
    ...steps,
    ...(affected.length === 0
      ? []
      : [`  These stay as they are and rest on the above:\n${affected.join('\n')}\n`]),
    countsText(plan),
  ].join('\n');
}

function countsText({ steps, unchanged, others }: Plan): string {
  const count = (action: PlanStep['action']) => steps.filter((step) => step.action === action).length;
  const deleted = count('delete');
  const stay = others - deleted;
  const parts = [
    `${thousands(count('create'))} to create`,
    `${thousands(count('change'))} to change`,
    `${thousands(deleted)} to delete`,
    `${thousands(unchanged)} unchanged`,
  ];
  const only = stay === 0 ? '' : ` ${thousands(stay)} only on the server; --delete deletes what has no file.`;
  return `  ${parts.join(', ')}.${only}\n`;
}
