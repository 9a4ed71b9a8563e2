import { useLocation } from 'preact-iso/router';
import type { SiteLine } from '../../summary.ts';
import { useAll } from '../api/use-all.ts';
import { useAdding } from '../ui/adding.tsx';
import { Count, NoneYet, PageHead, Read, Table } from '../ui/parts.tsx';
import { tell } from '../ui/toasts.tsx';
import type { ShownSite } from './shown.ts';
import { SiteForm } from './site-form.tsx';

/** The sites whose pages carry the tag. */
export function Sites() {
  const sites = useAll<ShownSite>('/v1/sites');
  const lines = useAll<SiteLine>('/v1/overview/sites');
  const counts = new Map(lines.value?.map((line) => [line.id, line]));
  const adding = useAdding('site', () => <NewSite />);
  return (
    <>
      <PageHead title="Sites">{adding.button}</PageHead>
      {adding.dialog}
      <Read of={sites}>
        {(items) =>
          items.length === 0 ? (
            <NoneYet title="A site has a key, and its pages a tag with that key.">{adding.button}</NoneYet>
          ) : (
            <section class="card" aria-label="All sites">
              <Table
                label="Sites"
                head={['Site', 'Domains', { text: 'Hits', number: true }, { text: 'Visitors', number: true }]}
              >
                {items.map(({ id, name, domains }) => (
                  <tr key={id}>
                    <th scope="row">
                      <a href={`/console/sites/${id}`}>{name}</a>
                      <span class="why">
                        <code>{id}</code>
                      </span>
                    </th>
                    <td class="wide">{domains.join(', ') || <span class="muted">any</span>}</td>
                    <td class="number">
                      <Count n={counts.get(id)?.hits} />
                    </td>
                    <td class="number">
                      <Count n={counts.get(id)?.visitors} />
                    </td>
                  </tr>
                ))}
              </Table>
            </section>
          )
        }
      </Read>
    </>
  );
}

function NewSite() {
  const { route } = useLocation();
  return (
    <SiteForm
      done={({ id, name }) => {
        tell(`${name} is made. Paste its tag into its pages.`);
        route(`/console/sites/${id}`);
      }}
    />
  );
}
