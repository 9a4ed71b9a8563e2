import { useState } from 'preact/hooks';
import { call } from '../api/call.ts';
import { TextField } from '../ui/fields.tsx';
import { Form } from '../ui/form.tsx';
import { changedFields, type Form as How, typed } from '../ui/typed.ts';
import type { ShownSite } from './shown.ts';

const FIELDS = { name: 'text', domains: 'words' } as const satisfies Record<string, How>;

/** Makes a site, or changes one. @param done is told how it stands then. */
export function SiteForm({ site, done }: { site?: ShownSite; done: (site: ShownSite) => unknown }) {
  const before = { name: typed(site?.name, FIELDS.name), domains: typed(site?.domains, FIELDS.domains) };
  const [id, setId] = useState('');
  const [now, setNow] = useState(before);
  const send = async () => {
    const fields = changedFields(FIELDS, now, before);
    await done(
      site === undefined
        ? await call<ShownSite>('POST', '/v1/sites', { ...fields, ...(id === '' ? {} : { id }) })
        : await call<ShownSite>('PATCH', `/v1/sites/${site.id}`, fields, undefined, site.version),
    );
  };
  return (
    <Form verb={site === undefined ? 'Make the site' : 'Save the site'} send={send}>
      {(wrong) => (
        <>
          <TextField
            label="Name"
            problem={wrong('/name')}
            value={now.name}
            change={(name) => setNow({ ...now, name })}
          />
          <TextField
            label="Domains"
            hint="Hosts of its pages, with spaces between, such as www.example.com. Only their pages may then ask in its name; empty: any page."
            problem={wrong('/domains')}
            value={now.domains}
            change={(domains) => setNow({ ...now, domains })}
          />
          {site === undefined && (
            <TextField
              isCode
              label="Id"
              hint="How it is called in rules and reports, and for good; empty: one is made."
              problem={wrong('/id')}
              value={id}
              change={setId}
            />
          )}
        </>
      )}
    </Form>
  );
}
