import { useState } from 'preact/hooks';
import { useLocation } from 'preact-iso/router';
import type { catalogueItem } from '../../../api/partner.ts';
import type { Partner } from '../../../registry/kinds.ts';
import { call } from '../api/call.ts';
import { useAnswer } from '../api/use-answer.ts';
import { SelectField, TextField } from '../ui/fields.tsx';
import { Form } from '../ui/form.tsx';
import { Read } from '../ui/parts.tsx';
import { tell } from '../ui/toasts.tsx';
import { PartnerForm } from './partner-form.tsx';

type Entry = ReturnType<typeof catalogueItem>;

/** A partner of the catalogue, of which most is known, or one of one's own. */
export function NewPartner() {
  const { route } = useLocation();
  const catalogue = useAnswer<{ items: Entry[] }>('/v1/partners/catalogue');
  const [chosen, setChosen] = useState('');
  const done = ({ id, name }: Partner) => {
    tell(`${name} is made. Test it with your own browser.`);
    route(`/console/partners/${id}`);
  };
  return (
    <Read of={catalogue}>
      {({ items }) => {
        const entry = items.find(({ id }) => id === chosen);
        return (
          <div class="form">
            <SelectField
              label="Of the catalogue"
              hint={entry === undefined ? 'Known partners come with their URLs.' : `From: ${entry.source}`}
              value={chosen}
              change={setChosen}
              options={items.map(({ id, name }) => [id, name] as const)}
              empty="Another, that I describe"
            />
            {entry === undefined ? (
              <PartnerForm done={done} />
            ) : (
              <EntryForm key={entry.id} entry={entry} done={done} />
            )}
          </div>
        );
      }}
    </Read>
  );
}

/** Only what nobody but the operator can know. */
function EntryForm({ entry, done }: { entry: Entry; done: (partner: Partner) => unknown }) {
  const [name, setName] = useState(entry.name);
  const [id, setId] = useState('');
  const [settings, setSettings] = useState<Readonly<Record<string, string>>>({});
  const send = async () => {
    const given = Object.entries(settings).flatMap(([setting, text]) =>
      text.trim() === '' ? [] : [[setting, text.trim()]],
    );
    await done(
      await call<Partner>('POST', '/v1/partners', {
        catalogue: entry.id,
        settings: Object.fromEntries(given),
        name: name.trim(),
        ...(id === '' ? {} : { id }),
      }),
    );
  };
  return (
    <Form verb="Make the partner" send={send}>
      {(wrong) => (
        <>
          <TextField label="Name" problem={wrong('/name')} value={name} change={setName} />
          <TextField
            isCode
            label="Id"
            hint={`How it is called in URLs of syncing and in matches, and for good; empty: ${entry.id}, where that can be a partner’s.`}
            problem={wrong('/id')}
            value={id}
            change={setId}
          />
          {entry.settings.map((setting) => (
            <TextField
              isCode
              key={setting.name}
              label={setting.optional ? `${setting.name} (may stay empty)` : setting.name}
              hint={`It is ${setting.description}, such as ${setting.example}.`}
              problem={wrong(`/settings/${setting.name}`)}
              value={settings[setting.name] ?? ''}
              change={(value) => setSettings({ ...settings, [setting.name]: value })}
            />
          ))}
          {entry.notes.length > 0 && (
            <div>
              <p class="label">To be agreed with it</p>
              <ul>
                {entry.notes.map((note) => (
                  <li key={note}>{note}</li>
                ))}
              </ul>
            </div>
          )}
        </>
      )}
    </Form>
  );
}
