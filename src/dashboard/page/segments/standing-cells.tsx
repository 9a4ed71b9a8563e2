import type { SegmentLine } from '../../summary.ts';
import { Badge, Count, Moment } from '../ui/parts.tsx';
import { Sparkline } from '../ui/sparkline.tsx';

/**
 * How a segment stands, as cells of its row: size, seven days, state, and as of when.
 *
 * @param sizes of the last seven days, the oldest first.
 * @param now the moment that `asOf` is told against; this browser's, where not given.
 */
export function StandingCells({
  segment,
  sizes = [],
  now,
}: {
  segment: Pick<SegmentLine, 'name' | 'size' | 'state' | 'reason' | 'asOf'>;
  sizes?: readonly { readonly size: number }[] | undefined;
  now?: string;
}) {
  return (
    <>
      <td class="number">
        <Count n={segment.size} />
      </td>
      <td>
        <Sparkline values={sizes.map(({ size }) => size)} label={`Size of ${segment.name} over seven days`} />
      </td>
      <td>
        <Badge state={segment.state} />
        {segment.reason !== undefined && <span class="why">{segment.reason}</span>}
      </td>
      <td>
        <Moment at={segment.asOf} {...(now === undefined ? {} : { now })} />
      </td>
    </>
  );
}
