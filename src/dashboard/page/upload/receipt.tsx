import { useEffect, useRef } from 'preact/hooks';
import type { Receipt as LabelReceipt } from '../../../audience/labels/receipt.ts';
import { REFUSALS } from '../../../collect/refusal.ts';
import type { Receipt } from '../../../upload/receipt.ts';
import { count } from '../format.ts';
import { Facts, Table } from '../ui/parts.tsx';
import { KINDS, type Kind } from './kinds.ts';
import { FAULTS, refusalsOf } from './refusals.ts';

/** What became of an upload: how many lines were stored, and of each that was not the reason. */
export function ShownReceipt({ kind, receipt }: { kind: Kind; receipt: Receipt }) {
  const heading = useRef<HTMLHeadingElement>(null);
  // The form is gone that had the focus.
  useEffect(() => heading.current?.focus(), []);
  const { id, reason, received, stored, malformed, refused, unknownIds } = receipt;
  const conflicts = kind === 'labels' ? (receipt as LabelReceipt).conflicts : [];
  const lines = [
    ...malformed.lines,
    ...conflicts.map((line) => ({ line, reason: 'conflict' as const })),
  ].toSorted((a, b) => a.line - b.line);
  const unread = malformed.count + ((refused as LabelReceipt['refused']).conflict ?? 0) - lines.length;
  return (
    <>
      <h3 tabIndex={-1} ref={heading}>
        {count(stored)} of {count(received)} lines stored
      </h3>
      {reason !== undefined && <p>{FAULTS[reason]}</p>}
      <Facts
        rows={[
          ...KINDS[kind].counted(receipt).map(([name, n]) => [name, count(n)] as const),
          ['Lines refused', count(malformed.count)],
          ...refusalsOf(receipt).map(([name, n]) => [name, `${count(n)}: ${REFUSALS[name]}`] as const),
          ['Ids nobody has', count(unknownIds)],
          ['Receipt', <code key="id">{id}</code>],
        ]}
      />
      {lines.length > 0 && (
        <Table label="Lines that were refused" head={[{ text: 'Line', number: true }, 'Why']}>
          {lines.map(({ line, reason }) => (
            <tr key={line}>
              <th scope="row" class="number">
                {line}
              </th>
              <td>
                <code>{reason}</code>
                <span class="why">{REFUSALS[reason]}</span>
              </td>
            </tr>
          ))}
        </Table>
      )}
      {unread > 0 && <p class="muted">And {count(unread)} more lines.</p>}
    </>
  );
}
