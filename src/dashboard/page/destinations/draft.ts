import type { ShownType } from '../../../api/destinations.ts';
import { changedFields, type Form, typed } from '../ui/typed.ts';
import type { ShownDestination } from './shown.ts';

/** A destination as it stands in a form. */
export interface Draft {
  /** Fields of text, by name. */
  readonly texts: Readonly<Record<'name' | 'partner' | 'gvlId' | 'mode' | 'regions', string>>;
  readonly devices: readonly string[];
  readonly allows: readonly string[];
  readonly isAll: boolean;
  /** With the name that each has there; empty = its id. */
  readonly segments: readonly { readonly id: string; readonly code: string }[];
  /** By name what is typed; of what is secret nothing is known. */
  readonly settings: Readonly<Record<string, string>>;
  /** Secrets that are to be taken out. */
  readonly dropped: readonly string[];
}

/** A setting of the type's JSON Schema, as far as a form needs it. */
export interface Setting {
  readonly name: string;
  readonly form: Form;
  readonly options: readonly string[] | undefined;
  readonly hint: string;
  readonly isNeeded: boolean;
  readonly isSecret: boolean;
  readonly isLong: boolean;
}

const TEXTS = {
  name: 'text',
  partner: 'text',
  gvlId: 'number',
  mode: 'text',
  regions: 'words',
} as const satisfies Record<string, Form>;

/** From so many characters on a text has lines, as a key in PEM form does. */
const LONG = 2000;

/** What a type wants to be told. */
export function settingsOf({ settings: { properties = {}, required = [] }, secrets }: ShownType): Setting[] {
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    form: schema.type === 'string' || schema.type === undefined ? 'text' : 'json',
    options: schema.enum?.map(String) ?? (schema.type === 'boolean' ? ['true', 'false'] : undefined),
    hint: [
      schema.description,
      schema.default === undefined ? '' : `Default: ${JSON.stringify(schema.default)}`,
    ]
      .flatMap((part) => (part === undefined || part === '' ? [] : `${part.replace(/\.$/, '')}.`))
      .join(' '),
    isNeeded: required.includes(name),
    isSecret: secrets.includes(name),
    isLong: (schema.maxLength ?? 0) > LONG,
  }));
}

/** @param before the destination as it is; without it a new one of the type. */
export function draftOf(type: ShownType, before?: ShownDestination): Draft {
  return {
    texts: {
      name: before?.name ?? type.title,
      partner: before?.partner ?? '',
      gvlId: typed(before?.gvlId, TEXTS.gvlId),
      mode: before?.mode ?? '',
      regions: typed(before?.regions, TEXTS.regions),
    },
    devices: before?.devices ?? [],
    allows: before?.allows ?? [],
    isAll: before?.segments === 'all',
    segments:
      before === undefined || before.segments === 'all'
        ? []
        : before.segments.map(({ id, code = '' }) => ({ id, code })),
    settings: Object.fromEntries(
      settingsOf(type).map(({ name, form }) => [name, typed(before?.settings[name], form)]),
    ),
    dropped: [],
  };
}

/**
 * What to send: of a new destination everything, told by hand until somebody has looked at a dry run; of one that is
 * there what has changed.
 */
export function bodyOf(type: ShownType, draft: Draft, before?: ShownDestination): Record<string, unknown> {
  const first = before === undefined ? undefined : draftOf(type, before);
  const settings = {
    ...changedFields(
      Object.fromEntries(settingsOf(type).map(({ name, form }) => [name, form])),
      draft.settings,
      first?.settings,
    ),
    ...Object.fromEntries(draft.dropped.map((name) => [name, null])),
  };
  const lists = {
    devices: draft.devices,
    allows: draft.allows,
    segments: draft.isAll
      ? ('all' as const)
      : draft.segments.map(({ id, code }) => ({ id, ...(code.trim() === '' ? {} : { code: code.trim() }) })),
  };
  return {
    ...changedFields(TEXTS, draft.texts, first?.texts),
    ...(before === undefined
      ? { type: type.type, schedule: 'manual', ...lists }
      : changedLists(lists, before)),
    ...(before === undefined || Object.keys(settings).length > 0 ? { settings } : {}),
  };
}

const changedLists = (
  lists: Pick<ShownDestination, 'devices' | 'allows' | 'segments'>,
  before: ShownDestination,
): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(lists).filter(
      ([name, list]) => JSON.stringify(list) !== JSON.stringify(before[name as keyof typeof lists]),
    ),
  );
