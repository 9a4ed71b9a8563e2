import { useState } from 'preact/hooks';
import { call } from '../api/call.ts';
import { Choices, TextField } from '../ui/fields.tsx';
import { Form } from '../ui/form.tsx';
import { readTyped, typed } from '../ui/typed.ts';
import type { ShownKey } from './shown.ts';

const SCOPES: readonly (readonly [scope: string, words: string])[] = [
  ['read', 'see everything but single people'],
  ['edit', 'change segments, sites, partners, destinations; run jobs'],
  ['visitors', 'look at single people, each look written down'],
  ['admin', 'everything, keys too'],
  ['collect', 'hand in hits, from a server'],
  ['labels', 'hand in demographics'],
];
const EXPORT = 'export:';

/**
 * Makes a key, or changes what one may.
 *
 * @param like a key that a new one is to take the place of: it may the same.
 * @param done is told the key itself, once, where it was made.
 */
export function KeyForm({
  of,
  like = of,
  done,
}: {
  of?: ShownKey;
  like?: ShownKey | undefined;
  done: (key: string | undefined) => unknown;
}) {
  const [name, setName] = useState(of?.name ?? (like === undefined ? '' : `${like.name}, renewed`));
  const [scopes, setScopes] = useState<readonly string[]>(
    like?.scopes.filter((scope) => !scope.startsWith(EXPORT)) ?? ['read'],
  );
  const [exports, setExports] = useState(
    typed(
      like?.scopes.flatMap((scope) => (scope.startsWith(EXPORT) ? [scope.slice(EXPORT.length)] : [])),
      'words',
    ),
  );
  const send = async () => {
    const ids = (readTyped(exports, 'words') ?? []) as readonly string[];
    const body = { name: name.trim(), scopes: [...scopes, ...ids.map((id) => EXPORT + id)] };
    if (of !== undefined) await call('PATCH', `/v1/keys/${of.id}`, body, undefined, of.version);
    await done(of === undefined ? (await call<{ key: string }>('POST', '/v1/keys', body)).key : undefined);
  };
  return (
    <Form verb={of === undefined ? 'Make the key' : 'Save the key'} send={send}>
      {(wrong) => (
        <>
          <TextField
            label="Name"
            hint="Whose it is, or what for."
            problem={wrong('/name')}
            value={name}
            change={setName}
          />
          <Choices
            legend="Scopes"
            options={SCOPES.map(([scope, words]) => [
              scope,
              <>
                <b>{scope}</b> {words}
              </>,
            ])}
            chosen={scopes}
            change={setScopes}
            problem={wrong('/scopes')}
          />
          <TextField
            isCode
            label="May export as"
            hint="Ids of partners, device types or visitor, with spaces between; may stay empty."
            value={exports}
            change={setExports}
          />
        </>
      )}
    </Form>
  );
}
