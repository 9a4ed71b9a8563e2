import { isVisitorId, type VisitorId } from '../../identity/visitor.ts';
import { isObject, parseJson } from '../../json-object.ts';
import { type LineId, type LineRefusal, readId } from '../../upload/line.ts';
import { fieldsOf } from '../../upload/table.ts';
import { isPartnerUid } from '../partner-uid.ts';

/** One line that can be read: who has which id with a partner. */
export interface MatchLine {
  readonly id: LineId;
  readonly partner: string;
  /** '' = none any more. */
  readonly uid: string;
}

/** What a line is read against. */
export interface MatchReading {
  /** What a registered partner replaces by its id in URLs; undefined where none is registered under that id. */
  readonly uidMacroOf: (partner: string) => string | undefined;
  /** The partner of lines that name none. */
  readonly partner: string | undefined;
}

/** The fields of a line, and the columns of a table. */
export const FIELDS = ['id', 'partner', 'uid'] as const;
export type Field = (typeof FIELDS)[number];

/** Reads `{"id":"type:uid" or visitor, "partner", "uid"}`. @param text the line, without its end. */
export function readJsonLine(text: string, reading: MatchReading): MatchLine | LineRefusal {
  const given = parseJson(text);
  if (!isObject(given)) return 'bad_json';
  for (const field in given)
    if (field !== 'id' && field !== 'partner' && field !== 'uid') return 'unknown_field';
  return readFields(given['id'], given['partner'], given['uid'], reading);
}

/**
 * Reads a line of cells with tabs between them, which stand for themselves: an id holds neither a tab nor a
 * line's end, so there are no quotes and no escapes.
 *
 * @param columns what each cell is; undefined = nothing that is wanted.
 * @param text the line, without its end.
 */
export function readTabLine(
  text: string,
  columns: readonly (Field | undefined)[],
  reading: MatchReading,
): MatchLine | LineRefusal {
  const cells = text.split('\t');
  if (cells.length !== columns.length) return 'malformed';
  const of = (field: Field) => {
    const at = columns.indexOf(field);
    return at === -1 ? undefined : cells[at];
  };
  return readFields(of('id'), of('partner'), of('uid'), reading);
}

function readFields(
  id: unknown,
  named: unknown,
  uid: unknown,
  reading: MatchReading,
): MatchLine | LineRefusal {
  const who = readWho(id, reading);
  if (typeof who === 'string') return who;
  const partner = named ?? reading.partner;
  const macro = typeof partner === 'string' ? reading.uidMacroOf(partner) : undefined;
  if (macro === undefined) return 'unknown_partner';
  if (typeof uid !== 'string' || !(uid === '' || isPlain(uid, macro) || isPartnerUid(uid, macro)))
    return 'bad_uid';
  return { id: who, partner: partner as string, uid };
}

/**
 * Nothing that an id may not be has this form: words for nothing are shorter, addresses and macros hold signs, or an
 * underscore at both ends.
 */
const PLAIN = /^[0-9A-Za-z-][0-9A-Za-z_-]{15,127}$/;
const MORE_THAN_ZEROS = /[1-9A-Za-z]/;

/** What most ids look like, told in a tenth of the time that {@link isPartnerUid} takes. */
export const isPlain = (uid: string, uidMacro: string): boolean =>
  PLAIN.test(uid) && MORE_THAN_ZEROS.test(uid) && uid !== uidMacro;

const readWho = (given: unknown, { uidMacroOf }: MatchReading): LineId | LineRefusal =>
  typeof given === 'string' && isVisitorId(given)
    ? { source: 'visitor', uid: given as VisitorId }
    : readId(given, (partner) => uidMacroOf(partner) !== undefined);

/**
 * Reads the names of columns, in any case and order; columns of other names are passed over.
 *
 * @param hasPartner whether the partner is known without a column.
 * @returns undefined where one that is needed is missing, or is there twice.
 */
export function readColumns(
  names: readonly string[],
  hasPartner: boolean,
): readonly (Field | undefined)[] | undefined {
  const columns = fieldsOf(names, FIELDS);
  const found = columns.filter((column) => column !== undefined);
  const needed = FIELDS.every((field) => found.includes(field) || (field === 'partner' && hasPartner));
  return needed && new Set(found).size === found.length ? columns : undefined;
}
