import { useState } from 'preact/hooks';
import type { Partner } from '../../../registry/kinds.ts';
import { call } from '../api/call.ts';
import { SelectField, TextField } from '../ui/fields.tsx';
import { Form, type Wrong } from '../ui/form.tsx';
import { changedFields, type Form as How, typed } from '../ui/typed.ts';

interface PartnerField {
  readonly name: keyof Partner;
  readonly label: string;
  readonly hint: string;
  readonly how: How;
  readonly options?: readonly (readonly [value: string, words: string])[];
}

const WHO: readonly PartnerField[] = [
  { name: 'name', label: 'Name', hint: 'What people here call it.', how: 'text' },
  {
    name: 'gvlId',
    label: 'GVL id',
    hint: 'Its number in the Global Vendor List. Without it nobody under TCF is synced or told of; once set it stays.',
    how: 'number',
  },
  { name: 'gppId', label: 'GPP id', hint: 'Its number in GPP, where it has one.', how: 'number' },
  {
    name: 'syncUrl',
    label: 'Sync URL',
    hint: 'Where a browser is sent as an image, with macros such as {{.RedirectURL}} and {{.GDPRConsent}}.',
    how: 'text',
  },
  { name: 'iframeUrl', label: 'Iframe URL', hint: 'The same, loaded as a frame.', how: 'text' },
  {
    name: 'redirectHosts',
    label: 'Domains',
    hint: 'Hosts that a sync begun at /sync may lead back to, with spaces between.',
    how: 'words',
  },
  {
    name: 'labels',
    label: 'Labels',
    hint: 'With commas between. sensitive, no-resale and no-third-party hold for every segment with a trait of it.',
    how: 'phrases',
  },
];

const HOW: readonly PartnerField[] = [
  {
    name: 'freshDays',
    label: 'Fresh for, days',
    hint: 'From 1 to 90. An id not confirmed for longer is synced again, and not sent.',
    how: 'number',
  },
  { name: 'priority', label: 'Priority', hint: 'From 1, synced first, to 10.', how: 'number' },
  {
    name: 'idEncoding',
    label: 'Our id is written',
    hint: 'How our visitor’s id stands in the partner’s URLs.',
    how: 'text',
    options: [
      ['plain', 'as it is'],
      ['base64url', 'in base64, safe for URLs'],
      ['hex', 'in hexadecimal'],
    ],
  },
  {
    name: 'uidMacro',
    label: 'Macro of its id',
    hint: 'What the partner replaces by its own id in the redirect URL.',
    how: 'text',
  },
  {
    name: 'iframeUidMacro',
    label: 'Macro of its id, in the iframe',
    hint: 'Where it is another.',
    how: 'text',
  },
  {
    name: 'uidParameter',
    label: 'Parameter of its id',
    hint: 'In which parameter of /setuid its id comes back.',
    how: 'text',
  },
  {
    name: 'errorParameter',
    label: 'Parameter of its error',
    hint: 'In which it says why it has no id.',
    how: 'text',
  },
  {
    name: 'echoParameters',
    label: 'Parameters to echo',
    hint: 'Of /sync, those that it wants to see again in its URL; with spaces between.',
    how: 'words',
  },
];

const FORMS = Object.fromEntries([...WHO, ...HOW].map(({ name, how }) => [name, how]));

/**
 * Makes a partner of what is typed, or changes one. What is left empty is as usual.
 *
 * @param done is told how it stands then.
 */
export function PartnerForm({ partner, done }: { partner?: Partner; done: (partner: Partner) => unknown }) {
  const before = Object.fromEntries(
    [...WHO, ...HOW].map(({ name, how }) => [name, typed(partner?.[name], how)]),
  );
  const [id, setId] = useState('');
  const [now, setNow] = useState<Readonly<Record<string, string>>>(before);
  const send = async () => {
    const fields = changedFields(FORMS, now, before);
    await done(
      partner === undefined
        ? await call<Partner>('POST', '/v1/partners', { ...fields, ...(id === '' ? {} : { id }) })
        : await call<Partner>('PATCH', `/v1/partners/${partner.id}`, fields, undefined, partner.version),
    );
  };
  const inputs = (fields: readonly PartnerField[], wrong: Wrong) =>
    fields.map(({ name, label, hint, how, options }) => {
      const common = {
        label,
        hint,
        problem: wrong(`/${name}`),
        value: now[name] ?? '',
        change: (value: string) => setNow({ ...now, [name]: value }),
      };
      if (options === undefined)
        return <TextField key={name} {...common} isCode={how !== 'phrases' && name !== 'name'} />;
      return (
        <SelectField
          key={name}
          {...common}
          options={options}
          {...(partner === undefined ? { empty: 'as usual' } : {})}
        />
      );
    });
  return (
    <Form verb={partner === undefined ? 'Make the partner' : 'Save the partner'} send={send}>
      {(wrong) => (
        <>
          {inputs(WHO.slice(0, 1), wrong)}
          {partner === undefined && (
            <TextField
              isCode
              label="Id"
              hint="How it is called in URLs of syncing and in matches, and for good; empty: one is made."
              problem={wrong('/id')}
              value={id}
              change={setId}
            />
          )}
          {inputs(WHO.slice(1), wrong)}
          <details>
            <summary>How its ids are written and how long they last</summary>
            <div class="form">{inputs(HOW, wrong)}</div>
          </details>
        </>
      )}
    </Form>
  );
}
