import { API_REFUSALS } from '../api/problem.ts';
import { html, type Markup } from '../privacy/html.ts';
import { METRICS } from '../report/metric-list.ts';
import { fieldsOf, type Json, jsonSchema, operationId, refusalsOf } from './document.ts';
import type { Header } from './headers.ts';
import { type Operation, openPath, requestPath, TAGS, type Tag } from './operation.ts';
import { OPERATIONS } from './operations/index.ts';
import { WEBHOOKS, type Webhook } from './webhooks.ts';

/**
 * The reference as one page: no script, nothing from elsewhere, every operation to be found with the browser's own
 * search. Half a megabyte of somebody's viewer would show no more of it.
 *
 * @param server where the product answers.
 */
export function docsPage(server: string): string {
  const tags = (Object.keys(TAGS) as Tag[]).filter((tag) => OPERATIONS.some((each) => each.tag === tag));
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Ninety: API reference</title>
<link rel="stylesheet" href="/docs/style.css">
</head>
<body>
<a class="skip" href="#main">Skip to the reference</a>
<header><h1>Ninety: API reference</h1>
<p>The same for machines: <a href="/openapi.json">OpenAPI 3.1</a>. It answers at <code>${server}</code>.</p></header>
<nav aria-label="Chapters"><ul>${tags.map((tag) => html`<li><a href="#${tag}">${tag}</a></li>`)}
<li><a href="#webhooks">Webhooks</a></li><li><a href="#metrics">Metrics</a></li><li><a href="#refusals">Refusals</a></li></ul></nav>
<main id="main">
${tags.map((tag) => chapter(tag, server))}
${webhooks()}
${metrics()}
${refusals()}
</main>
</body>
</html>
`;
  return page.text;
}

const chapter = (
  tag: Tag,
  server: string,
) => html`<section aria-labelledby="${tag}"><h2 id="${tag}">${tag}</h2>
<p>${TAGS[tag]}</p>
${OPERATIONS.filter((each) => each.tag === tag).map((each) => operation(each, server))}</section>`;

function operation(each: Operation, server: string): Markup {
  const { method, path, summary, description, scope, query, headers = [], body, answers } = each;
  const id = operationId(each);
  return html`<article aria-labelledby="${id}">
<h3 id="${id}"><code><b>${method}</b> ${openPath(path)}</code> <span>${summary}</span></h3>
<p>${scope === null ? 'No key is needed.' : html`Needs a key of scope <code>${scope}</code>.`} ${marked(description ?? '')}</p>
${query === undefined ? html`` : fields(`Parameters of ${method} ${openPath(path)}`, jsonSchema(query, 'input'))}
${headerRows(`Headers of ${method} ${openPath(path)}`, headers)}
${body === undefined ? html`` : fields(`Body of ${method} ${openPath(path)}`, jsonSchema(body, 'input'))}
<ul>${Object.entries(answers).map(
    ([status, answer]) =>
      html`<li><b>${status}</b> ${marked(answer.description)}${[answer.type ?? [], answer.also ?? []]
        .flat()
        .map((type) => html` <code>${type}</code>`)}${(answer.headers ?? []).map(
        ({ name, description: told }) => html` <code>${name}</code>: ${marked(told)}`,
      )}${answer.schema === undefined ? html`` : schema(jsonSchema(answer.schema, 'output'))}</li>`,
  )}
${refusalsOf(each).map((name) => html`<li><b>${API_REFUSALS[name]}</b> <code>${name}</code></li>`)}</ul>
<pre tabindex="0"><code>${example(each, server)}</code></pre>
</article>`;
}

/** Backquotes as code; whatever else is text. */
const marked = (text: string): Markup =>
  html`${text.split('`').map((part, at) => (at % 2 === 1 ? html`<code>${part}</code>` : html`${part}`))}`;

const schema = (json: Json): Markup =>
  Object.keys(json).length === 0
    ? html``
    : html`<details><summary>What it holds</summary><pre tabindex="0"><code>${JSON.stringify(json, null, 2)}</code></pre></details>`;

const headerRows = (caption: string, headers: readonly Header[]): Markup =>
  headers.length === 0
    ? html``
    : html`<table><caption>${caption}</caption>
<thead><tr><th scope="col">Name</th><th scope="col">Example</th><th scope="col">What it is</th></tr></thead>
<tbody>${headers.map(
        ({ name, description, example: given }) =>
          html`<tr><th scope="row"><code>${name}</code></th><td><code>${given}</code></td><td>${marked(description)}</td></tr>`,
      )}</tbody></table>`;

function fields(caption: string, json: Json): Markup {
  const rows = fieldsOf(json);
  if (rows.length === 0) return schema(json);
  return html`<table><caption>${caption}</caption>
<thead><tr><th scope="col">Name</th><th scope="col">Type</th><th scope="col">What it is</th></tr></thead>
<tbody>${rows.map(
    ({ name, required, schema: own }) =>
      html`<tr><th scope="row"><code>${name}</code>${
        required ? html` <b>required</b>` : html``
      }</th><td><code>${typeOf(own)}</code></td><td>${marked(String(own['description'] ?? ''))}</td></tr>`,
  )}</tbody></table>`;
}

/** The shape of a field in few words; the document has all of it. */
function typeOf(json: Json): string {
  const {
    type,
    enum: values,
    items,
    anyOf,
    default: usual,
  } = json as {
    type?: string;
    enum?: readonly unknown[];
    items?: Json;
    anyOf?: readonly Json[];
    default?: unknown;
  };
  const shape =
    values !== undefined
      ? values.map((value) => JSON.stringify(value)).join(' | ')
      : anyOf !== undefined
        ? anyOf.map(typeOf).join(' or ')
        : type === 'array'
          ? `list of ${items === undefined ? 'any' : typeOf(items)}`
          : (type ?? 'any');
  return usual === undefined ? shape : `${shape}, default ${JSON.stringify(usual)}`;
}

function example(each: Operation, server: string): string {
  const { method, scope, example: given, takes } = each;
  const { body, type, headers = {} } = given;
  const lines = [
    `curl${method === 'GET' ? '' : ` -X ${method}`} '${server}${requestPath(each, given)}'`,
    ...(scope === null ? [] : ["-H 'Authorization: Bearer KEY'"]),
    ...Object.entries(headers).map(([name, value]) => `-H '${name}: ${value}'`),
    ...(body === undefined
      ? []
      : [
          `-H 'Content-Type: ${type ?? takes?.[0] ?? 'application/json'}'`,
          `--data-binary '${(typeof body === 'string' ? body.trimEnd() : JSON.stringify(body)).replaceAll("'", "'\\''")}'`,
        ]),
  ];
  return lines.join(' \\\n  ');
}

const webhooks = () => html`<section aria-labelledby="webhooks"><h2 id="webhooks">Webhooks</h2>
<p>What Ninety sends by itself, to where it is told to.</p>
${WEBHOOKS.map(webhook)}</section>`;

const webhook = ({ name, summary, description, headers, body, answer }: Webhook) =>
  html`<article aria-labelledby="webhook-${name}">
<h3 id="webhook-${name}"><code><b>POST</b> ${name}</code> <span>${summary}</span></h3>
<p>${marked(description)}</p>
${headerRows(`Headers of the webhook ${name}`, headers)}
${schema(jsonSchema(body, 'output'))}
<ul><li><b>2XX</b> ${answer}</li></ul>
</article>`;

const metrics = () => html`<section aria-labelledby="metrics"><h2 id="metrics">Metrics</h2>
<p>What <code>GET /metrics</code> tells: aggregates only.</p>
<table><caption>Metrics</caption><thead><tr><th scope="col">Name</th><th scope="col">What it is</th></tr></thead>
<tbody>${Object.entries(METRICS).map(
  ([name, { type, help, labels }]) =>
    html`<tr><th scope="row"><code>${name}</code></th><td>${help} <code>${type}${
      labels.length === 0 ? '' : ` by ${labels.join(', ')}`
    }</code></td></tr>`,
)}</tbody></table></section>`;

const refusals = () => html`<section aria-labelledby="refusals"><h2 id="refusals">Refusals</h2>
<p>Why the API refuses a request. Some say more precisely why in their <code>type</code>.</p>
<table><caption>Refusals</caption><thead><tr><th scope="col">Name</th><th scope="col">Status</th></tr></thead>
<tbody>${Object.entries(API_REFUSALS).map(
  ([name, status]) => html`<tr><th scope="row"><code>${name}</code></th><td>${status}</td></tr>`,
)}</tbody></table></section>`;

export const DOCS_STYLE = `
:root { color-scheme: light dark; --ground: #fff; --panel: #f4f6f8; --line: #d5dce4; --text: #17212b; --link: #0b57ad }
@media (prefers-color-scheme: dark) { :root { --ground: #0f1419; --panel: #171e25; --line: #2b3641; --text: #e7ecf1; --link: #7db8fb } }
* { box-sizing: border-box }
body { margin: 0 auto; max-width: 60rem; padding: 1.5rem 1rem 4rem; background: var(--ground); color: var(--text); font: 16px/1.55 system-ui, "Segoe UI", Roboto, Arial, sans-serif; overflow-wrap: anywhere }
a { color: var(--link) }
.skip { position: absolute; left: -100vw }
.skip:focus { left: 1rem; top: .5rem; background: var(--ground); padding: .4rem .8rem }
nav ul { display: flex; flex-wrap: wrap; gap: .3rem 1rem; padding: 0; list-style: none }
article { margin: 1.5rem 0; padding: 0 1rem 1rem; border: 1px solid var(--line); border-radius: 8px }
h3 { font-size: 1rem }
h3 span { display: block; font-weight: 400 }
code { font: .9em ui-monospace, SFMono-Regular, Menlo, Consolas, monospace }
pre { margin: .6rem 0; padding: .7rem; max-height: 24rem; overflow: auto; overflow-wrap: normal; background: var(--panel); border-radius: 6px }
table { width: 100%; margin: .6rem 0; border-collapse: collapse }
caption { padding: .3rem 0; text-align: left; font-weight: 600 }
th, td { padding: .35rem .5rem; border-top: 1px solid var(--line); text-align: left; vertical-align: top; font-weight: 400 }
thead th { font-weight: 600 }
@media (max-width: 40rem) {
  thead { position: absolute; clip-path: inset(50%); width: 1px; height: 1px; overflow: hidden }
  tbody tr { display: block; padding: .35rem 0; border-top: 1px solid var(--line) }
  tbody :is(th, td) { display: block; padding: 0 .5rem; border: 0 }
}
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px }
`;
