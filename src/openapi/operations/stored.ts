import type { z } from 'zod';
import { paging } from '../../api/http.ts';
import { idSchema } from '../../registry/kinds.ts';
import { page } from '../answers.ts';
import { ETAG, IF_MATCH } from '../headers.ts';
import type { Operation, Tag } from '../operation.ts';

/** How one kind of stored thing is documented; its routes are the same for all kinds, as `routes` makes them. */
export interface StoredKind {
  /** `/v1/sites` */
  readonly path: string;
  readonly tag: Tag;
  /** `site` */
  readonly one: string;
  readonly readScope: string;
  readonly editScope: string;
  /** What may be changed of it. */
  readonly input: z.ZodObject;
  /** What makes one, where that is not the same. */
  readonly firstInput?: z.ZodObject;
  readonly item: z.ZodType;
  /** What the answer to making it shows, where that is more. */
  readonly made?: z.ZodType;
  /** More parameters of the list. */
  readonly listed?: z.ZodObject;
  /** Parameters of deleting one. */
  readonly removing?: z.ZodObject;
  /** Whether one that others need is not deleted, and whether it is not changed into what they cannot use. */
  readonly needed?: { readonly deleting: boolean; readonly changing: boolean };
  /** An example of a thing that is there, one that is made, a change, and one that can be deleted. */
  readonly there: string;
  readonly making: Readonly<Record<string, unknown>>;
  readonly change: Readonly<Record<string, unknown>>;
  readonly spare: string;
}

/** @returns the five operations of a collection. */
export function storedOperations(kind: StoredKind): Operation[] {
  const { path, tag, one, readScope, editScope, input, firstInput = input, item, made = item } = kind;
  const at = `${path}/:id`;
  const answer = (description: string, schema: z.ZodType) => ({
    description,
    type: 'application/json' as const,
    schema,
  });
  return [
    {
      method: 'GET',
      path,
      tag,
      summary: `Lists ${one}s, by id`,
      scope: readScope,
      query: paging.extend(kind.listed?.shape ?? {}),
      answers: { 200: answer(`A page of ${one}s`, page(item)) },
      example: { query: { limit: '10' } },
    },
    {
      method: 'POST',
      path,
      tag,
      summary: `Makes a ${one}`,
      scope: editScope,
      body: firstInput.extend({ id: idSchema.optional() }),
      answers: { 201: answer(`The ${one}`, made) },
      refusals: ['exists', 'conflict'],
      example: { body: kind.making },
    },
    {
      method: 'GET',
      path: at,
      tag,
      summary: `Shows a ${one}`,
      scope: readScope,
      answers: { 200: { ...answer(`The ${one}`, item), headers: [ETAG] } },
      refusals: ['not_found'],
      example: { params: { id: kind.there } },
    },
    {
      method: 'PATCH',
      path: at,
      tag,
      summary: `Changes a ${one}`,
      description: 'A merge patch (RFC 7396): only the fields that are named; null takes one out.',
      scope: editScope,
      headers: [IF_MATCH],
      body: input.partial(),
      answers: { 200: { ...answer(`The ${one} as it is now`, item), headers: [ETAG] } },
      refusals: [
        'not_found',
        'conflict',
        'version_conflict',
        ...(kind.needed?.changing ? (['in_use'] as const) : []),
      ],
      example: { params: { id: kind.there }, body: kind.change },
    },
    {
      method: 'DELETE',
      path: at,
      tag,
      summary: `Deletes a ${one}`,
      scope: editScope,
      headers: [IF_MATCH],
      ...(kind.removing === undefined ? {} : { query: kind.removing }),
      answers: { 204: { description: 'It is no more' } },
      refusals: [
        'not_found',
        'conflict',
        'version_conflict',
        ...(kind.needed?.deleting ? (['in_use'] as const) : []),
      ],
      example: { params: { id: kind.spare } },
    },
  ];
}
