import { type Context, Hono } from 'hono';
import { z } from 'zod';
import { ATTRIBUTES } from '../audience/labels/attributes.ts';
import { type CountsAfter, countLabels } from '../audience/labels/counts.ts';
import { ATTRIBUTE_FORM } from '../audience/labels/label.ts';
import { type Receipt, Receipts } from '../audience/labels/receipt.ts';
import { type LabelForm, LabelUpload } from '../audience/labels/upload.ts';
import { parseJson } from '../json-object.ts';
import type { Backend } from './backend.ts';
import { type Env, expectScope, pageQuery } from './http.ts';
import { ApiError } from './problem.ts';
import { expectReader, uploadRoutes } from './uploads.ts';

/**
 * Demographics that partners declare. `POST` takes NDJSON, or a table as `text/csv` or `text/tab-separated-values`;
 * `?source=` says who declares them (without it, the key that sends them). `GET` counts the labels that hold,
 * `/attributes` shows the names and values that are known, `/uploads` and `/{id}` the receipts.
 */
export function labelRoutes(backend: Backend): Hono<Env> {
  const { clickhouse, registry } = backend;
  const receipts = new Receipts(clickhouse);
  const app = new Hono<Env>();

  app.get('/', async (c) => {
    expectScope(c, 'read');
    const { after, limit } = pageQuery(c);
    const items = await countLabels(clickhouse, attributeOf(c), readCursor(after), limit + 1);
    const shown = items.slice(0, limit);
    c.header('Cache-Control', 'no-store');
    return c.json({ items: shown, next: items.length > limit ? cursorOf(shown.at(-1)!) : null });
  });

  app.get('/attributes', (c) => {
    expectReader(c);
    return c.json({ items: KNOWN });
  });

  app.route(
    '/',
    uploadRoutes<Receipt>(backend, {
      name: 'labels',
      receipts,
      listedAt: '/uploads',
      badHeader:
        'The first line does not name the columns id, attribute and value, each once; other columns are passed over. Nothing is stored.',
      prepare: (c) => {
        const form = formOf(c);
        const source = sourceOf(c);
        const isPartner = (partner: string) => registry.get('partner', partner) !== undefined;
        return (id, incoming) =>
          new LabelUpload(clickhouse, receipts, { ...incoming, id, form, source, isPartner }).run();
      },
    }),
  );
  return app;
}

/** The vocabulary, for who prepares a file. */
const KNOWN = ATTRIBUTES.map(({ name, aliases = [], iab, form, open, values }) => ({
  attribute: name,
  aliases,
  iabAudienceId: iab ?? null,
  form,
  open,
  values: values.map(({ value, iab: id, spellings = [] }) => ({
    value,
    iabAudienceId: id ?? null,
    spellings,
  })),
}));

const FORMS: Readonly<Record<string, LabelForm>> = { 'text/csv': 'csv', 'text/tab-separated-values': 'tsv' };

function formOf(c: Context<Env>): LabelForm {
  const type = (c.req.header('content-type') ?? '').split(';')[0]!.trim().toLowerCase();
  return Object.hasOwn(FORMS, type) ? FORMS[type]! : 'ndjson';
}

const SOURCE = /^[a-z0-9][a-z0-9_-]{0,63}$/;

function sourceOf(c: Context<Env>): string {
  const source = c.req.query('source') ?? c.get('caller')!.id;
  if (!SOURCE.test(source))
    throw new ApiError('invalid', 'source: 1 to 64 of a-z, 0-9, _ and -, the first a letter or a digit.');
  return source;
}

function attributeOf(c: Context<Env>): string | undefined {
  const attribute = c.req.query('attribute');
  if (attribute !== undefined && !ATTRIBUTE_FORM.test(attribute))
    throw new ApiError('invalid', 'attribute: a letter a-z, then up to 39 of a-z, 0-9 and _.');
  return attribute;
}

const cursor = z.tuple([z.string(), z.string(), z.string()]);

/** Values hold any sign, so that no sign could stand between them in a plain one. */
const cursorOf = ({ attribute, value, source }: CountsAfter): string =>
  Buffer.from(JSON.stringify([attribute, value, source])).toString('base64url');

function readCursor(after: string | undefined): CountsAfter | undefined {
  if (after === undefined) return undefined;
  const { data } = cursor.safeParse(parseJson(Buffer.from(after, 'base64url').toString()));
  if (data === undefined) throw new ApiError('invalid', 'after: is no cursor of an earlier answer.');
  const [attribute, value, source] = data;
  return { attribute, value, source };
}
