import { useAnswer } from '../api/use-answer.ts';
import { count } from '../format.ts';
import { Badge, Count, Moment, NoneYet, PageHead, Read, Table } from '../ui/parts.tsx';
import { UploadButton } from '../upload/upload.tsx';
import { Uploads } from '../upload/uploads.tsx';
import type { ShownModel } from './shown.ts';

const percent = new Intl.NumberFormat('en', { style: 'percent', maximumFractionDigits: 1 });

/** What is made of labels: whom visitors are taken for, and how far that can be believed. */
export function Models() {
  const models = useAnswer<{ items: ShownModel[] }>('/v1/models');
  return (
    <>
      <PageHead title="Models">
        <UploadButton
          kind="labels"
          parameter={{
            name: 'source',
            label: 'Who declares them',
            hint: 'Such as the panel’s name: a-z, 0-9, _ and -. Without it, the key that is signed in.',
          }}
          next={
            <p>
              Models learn from them when <a href="/console/jobs">the job demographics</a> runs next.
            </p>
          }
        />
      </PageHead>
      <Read of={models}>
        {({ items }) =>
          items.length === 0 ? (
            <NoneYet title="A model is made of labels: what a partner’s panel has declared of some visitors.">
              <p>
                Upload labels here, by <code>POST /v1/labels</code> or{' '}
                <code>npx ninety import labels FILE</code>, then{' '}
                <a href="/console/jobs">run the job demographics</a>.
              </p>
            </NoneYet>
          ) : (
            <section class="card" aria-label="All models">
              <Table
                label="Models"
                head={[
                  'Attribute',
                  'State',
                  { text: 'Labelled', number: true },
                  { text: 'AUC', number: true },
                  { text: 'Decided', number: true },
                  'Drift',
                  'Trained',
                ]}
              >
                {items.map((model) => (
                  <tr key={model.attribute}>
                    <th scope="row">
                      <a href={`/console/models/${model.attribute}`}>
                        {model.attribute.replaceAll('_', ' ')}
                      </a>
                    </th>
                    <td>
                      <Badge state={model.published ? 'published' : 'not published'} />
                      {model.reason !== null && <span class="why">{model.reason.sentence}</span>}
                    </td>
                    <td class="number">{count(model.labelled)}</td>
                    <td class="number">{model.auc === null ? <Count n={null} /> : model.auc.toFixed(3)}</td>
                    <td class="number">
                      {model.coverage === null ? <Count n={null} /> : percent.format(model.coverage)}
                    </td>
                    <td>{model.drift.flags.map(({ name }) => name).join(', ') || 'none'}</td>
                    <td>
                      <Moment at={model.trainedAt} />
                    </td>
                  </tr>
                ))}
              </Table>
            </section>
          )
        }
      </Read>
      <Uploads kind="labels" />
    </>
  );
}
