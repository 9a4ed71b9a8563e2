import { VIAS, type Via } from './rule/pass.ts';

/** Of a segment's members how many are so by which merge rule. */
export type SizeByVia = Readonly<Record<Via, number>>;

/** SQL that counts members by their column `via`, a column each. */
export const countsSql = VIAS.map((via) => `countIf(via = '${via}') AS ${via}`).join(', ');

/** @param row numbers, or text of them as ClickHouse sends 64 bits; what is not there is none. */
export const sized = (row: Readonly<Partial<Record<Via, number | string>>> = {}): SizeByVia => ({
  own: Number(row.own ?? 0),
  device: Number(row.device ?? 0),
  household: Number(row.household ?? 0),
});

export const sizeOf = ({ own, device, household }: SizeByVia): number => own + device + household;
