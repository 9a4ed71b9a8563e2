import { useState } from 'preact/hooks';
import type { ShownType } from '../../../api/destinations.ts';
import { call } from '../api/call.ts';
import { useAll } from '../api/use-all.ts';
import { Choices, SecretField, SelectField, TextField } from '../ui/fields.tsx';
import { Form, type Wrong } from '../ui/form.tsx';
import { bodyOf, type Draft, draftOf, type Setting, settingsOf } from './draft.ts';
import { SegmentsChoice } from './segments-choice.tsx';
import type { ShownDestination } from './shown.ts';

const LABELS = [
  ['sensitive', 'sensitive: what people would not want told of them'],
  ['no-resale', 'no-resale: bought for our own use'],
  ['no-third-party', 'no-third-party: stays with the sites it was seen on'],
] as const;

/**
 * Makes a destination of a type, or changes one; its settings are its type's own schema.
 *
 * @param done is told how it stands then.
 */
export function DestinationForm({
  type,
  destination,
  done,
}: {
  type: ShownType;
  destination?: ShownDestination;
  done: (destination: ShownDestination) => unknown;
}) {
  const partners = useAll<{ id: string; name: string }>('/v1/partners');
  const [draft, setDraft] = useState(() => draftOf(type, destination));
  const { texts } = draft;
  const text = (name: keyof Draft['texts']) => (value: string) =>
    setDraft({ ...draft, texts: { ...texts, [name]: value } });
  const send = async () => {
    const body = bodyOf(type, draft, destination);
    await done(
      destination === undefined
        ? await call<ShownDestination>('POST', '/v1/destinations', body)
        : await call<ShownDestination>(
            'PATCH',
            `/v1/destinations/${destination.id}`,
            body,
            undefined,
            destination.version,
          ),
    );
  };
  return (
    <Form verb={destination === undefined ? 'Add the destination' : 'Save the destination'} send={send}>
      {(wrong) => (
        <>
          <TextField label="Name" problem={wrong('/name')} value={texts.name} change={text('name')} />
          {type.takes.partner && (
            <SelectField
              label="Partner"
              hint="Under whose ids it is told of people, and whose consent is asked for."
              problem={wrong('/partner')}
              value={texts.partner}
              change={text('partner')}
              options={(partners.value ?? []).map(({ id, name }) => [id, name] as const)}
              empty="None"
            />
          )}
          {type.takes.devices.length > 0 && (
            <Choices
              isShort
              legend="Device ids"
              options={type.takes.devices.map((device) => [device, device] as const)}
              chosen={draft.devices}
              change={(devices) => setDraft({ ...draft, devices })}
              problem={wrong('/devices')}
            />
          )}
          <SegmentsChoice draft={draft} change={setDraft} wrong={wrong} />
          {settingsOf(type).map((setting) => (
            <SettingField
              key={setting.name}
              setting={setting}
              isSet={destination?.secrets.includes(setting.name) === true}
              draft={draft}
              change={setDraft}
              wrong={wrong}
            />
          ))}
          <details>
            <summary>Who may be told of, and how much at once</summary>
            <div class="form">
              <SelectField
                label="Told"
                problem={wrong('/mode')}
                value={texts.mode}
                change={text('mode')}
                options={[
                  ['delta', 'what has changed'],
                  ['full', 'everything, each time'],
                ]}
                {...(destination === undefined ? { empty: 'as usual' } : {})}
              />
              <TextField
                isCode
                label="Regions"
                hint="Only people last seen there: EEA, countries such as DE, regions such as US-CA, with spaces between; empty: everywhere."
                problem={wrong('/regions')}
                value={texts.regions}
                change={text('regions')}
              />
              <TextField
                isCode
                label="GVL id"
                hint={`Its number in the Global Vendor List, where that is not its type’s${type.gvlId === null ? '' : `, ${type.gvlId}`}.`}
                problem={wrong('/gvlId')}
                value={texts.gvlId}
                change={text('gvlId')}
              />
              <Choices
                legend="Labels that keep nothing from it"
                options={LABELS}
                chosen={draft.allows}
                change={(allows) => setDraft({ ...draft, allows })}
                problem={wrong('/allows')}
              />
            </div>
          </details>
        </>
      )}
    </Form>
  );
}

function SettingField({
  setting: { name, hint, options, isNeeded, isSecret, isLong },
  isSet,
  draft,
  change,
  wrong,
}: {
  setting: Setting;
  /** It is secret, and one is kept. */
  isSet: boolean;
  draft: Draft;
  change: (draft: Draft) => void;
  wrong: Wrong;
}) {
  const isDropped = draft.dropped.includes(name);
  const common = {
    label: isNeeded || isSet ? name : `${name} (may stay empty)`,
    hint: isSet ? `${hint} One is kept, encrypted; leave empty to keep it.` : hint,
    problem: wrong(`/settings/${name}`),
    value: draft.settings[name] ?? '',
    change: (value: string) => change({ ...draft, settings: { ...draft.settings, [name]: value } }),
  };
  if (options !== undefined)
    return <SelectField {...common} options={options.map((one) => [one, one] as const)} empty="Not chosen" />;
  if (!isSecret) return <TextField isCode {...common} />;
  return (
    <>
      <SecretField {...common} isLong={isLong} />
      {isSet && !isNeeded && (
        <label class="small">
          <input
            type="checkbox"
            checked={isDropped}
            onChange={() =>
              change({
                ...draft,
                dropped: isDropped ? draft.dropped.filter((one) => one !== name) : [...draft.dropped, name],
              })
            }
          />{' '}
          Take the kept {name} out
        </label>
      )}
    </>
  );
}
