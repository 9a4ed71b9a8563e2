import { useState } from 'preact/hooks';
import type { ProfileKind, ProfileLine, SegmentProfile } from '../../../report/segment-profile.ts';
import { useAnswer } from '../api/use-answer.ts';
import { useCategoryNames } from '../api/use-category-names.ts';
import { count } from '../format.ts';
import { CsvLink } from '../ui/csv-link.tsx';
import { Card, Empty, Read, Table } from '../ui/parts.tsx';

const percent = new Intl.NumberFormat('en', { style: 'percent', maximumFractionDigits: 1 });
const KINDS: Readonly<Record<ProfileKind, string>> = {
  country: 'Country',
  device: 'Device',
  browser: 'Browser',
  hour: 'Hour',
  category: 'Category',
  demographic: 'Demographics',
};
/** An index of so much fills the bar. */
const FULL = 300;

/** What sets the members apart from everyone; counted when it is asked for. */
export function ProfileCard({ id }: { id: string }) {
  const [isAsked, setIsAsked] = useState(false);
  const path = `/v1/segments/${id}/profile`;
  const profile = useAnswer<SegmentProfile>(isAsked ? path : undefined);
  return (
    <Card
      title="Against everyone"
      aside={
        isAsked ? (
          <CsvLink path={path} name={`profile-of-${id}`} />
        ) : (
          <button type="button" onClick={() => setIsAsked(true)}>
            Count the profile
          </button>
        )
      }
    >
      {isAsked ? (
        <Read of={profile}>{(found) => <Kinds profile={found} />}</Read>
      ) : (
        <p class="muted small">
          Country, device, hour, category and demographics of the members, by share and index.
        </p>
      )}
    </Card>
  );
}

function Kinds({ profile }: { profile: SegmentProfile }) {
  const [kind, setKind] = useState<ProfileKind>('country');
  const lines = profile.kinds[kind];
  const nameOf = useCategoryNames(profile.kinds.category.map(({ value }) => value));
  const wordsOf = ({ value }: ProfileLine) => (kind === 'category' ? nameOf(value) : value);
  return (
    <>
      <fieldset class="tabs">
        <legend class="unseen">By what</legend>
        {(Object.keys(KINDS) as ProfileKind[]).map((one) => (
          <button type="button" key={one} aria-pressed={one === kind} onClick={() => setKind(one)}>
            {KINDS[one]}
          </button>
        ))}
      </fieldset>
      <p class="muted small">
        {count(profile.members)} members against {count(profile.everyone)} visitors. An index of 100 is as
        common as among everyone.
      </p>
      {lines.length === 0 ? (
        <Empty title="Nothing is known of it." />
      ) : (
        <Table
          isGrid
          label={`Profile by ${KINDS[kind]}`}
          head={[
            KINDS[kind],
            { text: 'Members', number: true },
            { text: 'Share', number: true },
            { text: 'Of everyone', number: true },
            'Index',
          ]}
        >
          {lines.map((line) => (
            <tr key={line.value}>
              <th scope="row">{wordsOf(line)}</th>
              <td class="number">{count(line.members)}</td>
              <td class="number">{percent.format(line.share)}</td>
              <td class="number">{percent.format(line.shareOfEveryone)}</td>
              <td>
                <span class="share">
                  <span class="share-bar" aria-hidden="true">
                    <span style={{ width: `${Math.min(100, (line.index / FULL) * 100)}%` }} />
                  </span>
                  {line.index}
                </span>
              </td>
            </tr>
          ))}
        </Table>
      )}
    </>
  );
}
