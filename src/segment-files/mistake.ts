/** Why a file, or a segment in it, is refused: beside the API's own reasons (`PlanMistake`). */
export type FileFault =
  /** Not YAML, or not the fields of a segment. */
  | 'bad_yaml'
  /** A link: what it leads to may lie anywhere. */
  | 'link'
  | 'too_large'
  /** Not UTF-8. */
  | 'bad_encoding'
  | 'duplicate_id'
  /** An id or a folder of the server that is no name for a file. */
  | 'bad_name';

/** Something that a person must mend. */
export interface Mistake {
  /** Below the folder, with `/`; empty where it is about a segment that has no file. */
  readonly file: string;
  /** From 1; 0 = the file as a whole. */
  readonly line: number;
  readonly column: number;
  readonly id: string;
  /** A `FileFault`, or what the API says. */
  readonly type: string;
  /** Of the wrong part, as `/rule/all/1/did/contry`; empty where it is about the file. */
  readonly path: string;
  readonly message: string;
}

/** About a file as a whole. */
export const fileMistake = (file: string, type: FileFault, message: string, id = ''): Mistake => ({
  file,
  line: 0,
  column: 0,
  id,
  type,
  path: '',
  message,
});

/** One line, in the form that editors and build logs make a link of. */
export function mistakeLine({ file, line, column, id, message }: Mistake): string {
  if (file === '') return id === '' ? message : `segment ${id}: ${message}`;
  return line === 0 ? `${file}: ${message}` : `${file}:${line}:${column}: ${message}`;
}
