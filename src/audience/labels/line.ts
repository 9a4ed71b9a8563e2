import { type VisitorId, visitorNumber } from '../../identity/visitor.ts';
import { isObject, parseJson } from '../../json-object.ts';
import { type LineRefusal, readId } from '../../upload/line.ts';
import { type Label, readLabel } from './label.ts';

/** One line that can be read. */
export interface LabelLine extends Label {
  /** `visitor`, a device id type, or the id of a partner. */
  readonly source: string;
  /** The id there, as links have it; of a visitor its UInt64 in decimal. */
  readonly uid: string;
}

/** The fields of a line, and the columns of a table. */
export const FIELDS = ['id', 'attribute', 'value'] as const;
type Fields = Readonly<Partial<Record<(typeof FIELDS)[number], unknown>>>;

/**
 * Reads `{"id":"type:uid","attribute","value"}`; a value of null takes back what the source said.
 *
 * @param text the line, without its end.
 */
export function readJsonLine(text: string, isPartner: (id: string) => boolean): LabelLine | LineRefusal {
  const given = parseJson(text);
  if (!isObject(given)) return 'bad_json';
  for (const field in given)
    if (field !== 'id' && field !== 'attribute' && field !== 'value') return 'unknown_field';
  return readFields(given, isPartner);
}

/** Reads the cells of a table's line. It has no null: an empty value takes back what the source said. */
export const readCells = (
  cells: Readonly<Record<(typeof FIELDS)[number], string>>,
  isPartner: (id: string) => boolean,
): LabelLine | LineRefusal => readFields(cells.value === '' ? { ...cells, value: null } : cells, isPartner);

/**
 * What may be said of nobody is refused as that, whoever it is about.
 *
 * @param isPartner whether a partner of that id is registered.
 */
function readFields(
  { id: given, attribute, value }: Fields,
  isPartner: (id: string) => boolean,
): LabelLine | LineRefusal {
  const label = readLabel(attribute, value);
  if (label === 'special_category' || label === 'minor') return label;
  const id = readId(given, isPartner);
  if (typeof id === 'string') return id;
  if (typeof label === 'string') return label;
  const uid = id.source === 'visitor' ? String(visitorNumber(id.uid as VisitorId)) : id.uid;
  return { source: id.source, uid, attribute: label.attribute, value: label.value };
}
