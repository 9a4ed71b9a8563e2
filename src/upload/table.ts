import { type CsvDialect, CsvSplitter } from '../import/csv.ts';
import { UnreadableBody } from './upload.ts';

/**
 * Reads a table in text, line by line: its first line names the columns, in any case and order, and columns of other
 * names are passed over. A cell holds no line's end, so that a lost quote costs its own line and no other.
 */
export class Table<Field extends string> {
  readonly #dialect: CsvDialect;
  readonly #fields: readonly Field[];
  #columns: readonly (Field | undefined)[] | undefined;

  /** @param fields each of which is a column. */
  constructor(dialect: CsvDialect, fields: readonly Field[]) {
    this.#dialect = dialect;
    this.#fields = fields;
  }

  /**
   * @param text a line, without its end.
   * @returns its cells by field; `header` for the first line; `malformed` where it has other cells than columns.
   * @throws UnreadableBody where the first line does not name each field once.
   */
  read(text: string): Readonly<Record<Field, string>> | 'header' | 'malformed' {
    const cells = cellsOf(text, this.#dialect);
    const columns = this.#columns;
    if (columns === undefined) {
      this.#columns = columnsOf(cells ?? [], this.#fields);
      return 'header';
    }
    if (cells?.length !== columns.length) return 'malformed';
    const named = {} as Record<Field, string>;
    for (const [at, field] of columns.entries()) if (field !== undefined) named[field] = cells[at]!;
    return named;
  }
}

function cellsOf(text: string, dialect: CsvDialect): readonly string[] | undefined {
  if (!text.includes('"')) return text.split(dialect.delimiter);
  const splitter = new CsvSplitter(dialect);
  const records = [...splitter.push(`${text}\n`), ...splitter.end()];
  return records.length === 1 ? records[0]!.cells : undefined;
}

/** Which field each column is, by its name in any case; undefined: none of them. */
export const fieldsOf = <Field extends string>(
  names: readonly string[],
  fields: readonly Field[],
): (Field | undefined)[] =>
  names.map((name) => {
    const lower = name.trim().toLowerCase();
    return fields.find((field) => field === lower);
  });

function columnsOf<Field extends string>(
  names: readonly string[],
  fields: readonly Field[],
): readonly (Field | undefined)[] {
  const columns = fieldsOf(names, fields);
  const isFit = fields.every((field) => columns.filter((column) => column === field).length === 1);
  if (!isFit) throw new UnreadableBody('bad_header');
  return columns;
}
