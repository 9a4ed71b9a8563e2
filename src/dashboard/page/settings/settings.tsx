import type { ShownSetting } from '../../../api/settings.ts';
import { useAnswer } from '../api/use-answer.ts';
import { Card, PageHead, Read, Table } from '../ui/parts.tsx';

/** What the server was started with: to be read here, and changed where it is started. */
export function Settings() {
  const settings = useAnswer<{ items: ShownSetting[] }>('/v1/settings');
  return (
    <>
      <PageHead title="Settings" />
      <Card title="The server’s environment">
        <p class="muted small">
          As this process was started. To change one, set it in the environment and start the server again;
          secrets are not shown.
        </p>
        <Read of={settings}>
          {({ items }) => (
            <Table label="Settings" head={['Setting', 'Value']}>
              {items.map(({ name, value, meaning }) => (
                <tr key={name}>
                  <th scope="row">
                    <code>{name}</code> <span class="why">{meaning}</span>
                  </th>
                  <td>{value}</td>
                </tr>
              ))}
            </Table>
          )}
        </Read>
      </Card>
    </>
  );
}
