import type { ComponentChildren } from 'preact';
import type { ShownProfile } from '../../../api/profile.ts';
import { useMay } from '../api/session.ts';
import { useAll } from '../api/use-all.ts';
import { useCategoryNames } from '../api/use-category-names.ts';
import { count, momentOf } from '../format.ts';
import { ForgetButton } from '../privacy/forget-button.tsx';
import { Card, Empty, Facts, Moment, Table } from '../ui/parts.tsx';
import { Membership } from './explanation.tsx';

const percent = new Intl.NumberFormat('en', { style: 'percent', maximumFractionDigits: 0 });
const PURPOSES: Readonly<Record<number, string>> = {
  1: 'keep an id',
  3: 'build segments',
  4: 'hand segments out for advertising',
  9: 'statistics',
  10: 'improve models',
};

/**
 * All that is stored of one visitor, and where it is ended.
 *
 * @param isOwn it is of the browser that looks. @param forgotten is called when the visitor has been erased.
 */
export function ProfileView({
  profile,
  isOwn,
  forgotten,
}: {
  profile: ShownProfile;
  isOwn: boolean;
  forgotten: () => Promise<void>;
}) {
  const mayEdit = useMay('edit');
  const { visitor, others, hits, lastSeen, expires, consent, countries, links, traits } = profile;
  const rows: [string, ComponentChildren][] = [
    ['Visitor', <code key="id">{visitor}</code>],
    ...(others.length > 0 ? ([['Under the same id', others.join(', ')]] as [string, string][]) : []),
    ['Hits', count(hits)],
    ['First seen', <Moment key="first" at={profile.firstSeen} />],
    ['Last seen', <Moment key="last" at={lastSeen} />],
    ['Forgotten', expires === null ? 'nothing is left' : `on ${expires}, unless seen again`],
    [
      'Consent',
      consent === null
        ? 'no word stored'
        : consent.withdrawn
          ? `withdrawn ${momentOf(consent.time)}`
          : consent.purposes.map((purpose) => PURPOSES[purpose] ?? `purpose ${purpose}`).join(', ') ||
            'nothing',
    ],
    ['May go to', consent?.partners.join(', ') || 'no partner'],
    ['Countries', countries.join(', ') || '–'],
    ['Ids known to', links.join(', ') || 'nobody'],
    ['Traits', traits.join(', ') || 'none'],
  ];
  return (
    <>
      <div class="columns">
        <Card title="Known">
          <Facts rows={rows} />
          <div class="actions">
            {mayEdit && <ForgetButton id={visitor} done={forgotten} />}
            {isOwn && <a href="/privacy">This browser’s own choices, and opting out</a>}
          </div>
        </Card>
        <Interests profile={profile} />
      </div>
      <Segments profile={profile} />
      <Hits profile={profile} />
    </>
  );
}

function Interests({ profile: { interests, demographics } }: { profile: ShownProfile }) {
  return (
    <Card title="Interests and demographics">
      {interests.length === 0 && demographics.length === 0 && (
        <Empty title="Neither is known yet.">
          <p>Interests come of categories of pages when the job interests has run, demographics of models.</p>
        </Empty>
      )}
      {interests.length > 0 && (
        <Table label="Interests" head={['Interest', { text: 'Score', number: true }]}>
          {interests.map(({ id, name, score }) => (
            <tr key={id}>
              <th scope="row">
                {name} <code class="muted">{id}</code>
              </th>
              <td class="number">{score.toFixed(0)}</td>
            </tr>
          ))}
        </Table>
      )}
      {demographics.length > 0 && (
        <Table label="Demographics" head={['Attribute', 'Value', { text: 'Probability', number: true }]}>
          {demographics.map(({ attribute, value, probability, declared, decided }) => (
            <tr key={`${attribute} ${value}`}>
              <th scope="row">{attribute.replaceAll('_', ' ')}</th>
              <td>
                {value} {decided && <span class="tag">counts as</span>}
                {declared && decided && <span class="tag">declared</span>}
              </td>
              <td class="number">{percent.format(probability)}</td>
            </tr>
          ))}
        </Table>
      )}
    </Card>
  );
}

function Segments({ profile: { visitor, segments } }: { profile: ShownProfile }) {
  const all = useAll<{ id: string; name: string }>('/v1/segments');
  const names = new Map(all.value?.map(({ id, name }) => [id, name]));
  const others = all.value?.filter(({ id }) => !segments.includes(id)) ?? [];
  return (
    <Card title="Segments">
      {segments.length === 0 ? (
        <Empty title="In no segment." />
      ) : (
        <ul class="list">
          {segments.map((id) => (
            <Membership key={id} visitor={visitor} segment={id} name={names.get(id) ?? id} />
          ))}
        </ul>
      )}
      {others.length > 0 && (
        <details>
          <summary>Not in {others.length} others: why not</summary>
          <ul class="list">
            {others.map(({ id, name }) => (
              <Membership key={id} visitor={visitor} segment={id} name={name} />
            ))}
          </ul>
        </details>
      )}
    </Card>
  );
}

function Hits({ profile: { recent } }: { profile: ShownProfile }) {
  const nameOf = useCategoryNames(recent.flatMap(({ categories }) => categories));
  return (
    <Card title="Newest hits">
      {recent.length === 0 ? (
        <Empty title="No hit is kept." />
      ) : (
        <Table label="Newest hits" head={['When', 'Event', 'Page', 'Site', 'From']}>
          {recent.map(({ time, event, path, title, site, country, device, categories }, at) => (
            <tr key={`${time} ${at}`}>
              <th scope="row">{momentOf(time)}</th>
              <td>{event}</td>
              <td>
                {title}
                <span class="why">
                  <code>{path}</code> {categories.map(nameOf).join(', ')}
                </span>
              </td>
              <td>{site}</td>
              <td>{[country, device].filter((one) => one !== '').join(', ')}</td>
            </tr>
          ))}
        </Table>
      )}
    </Card>
  );
}
