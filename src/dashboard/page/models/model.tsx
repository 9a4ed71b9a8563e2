import { useMemo, useState } from 'preact/hooks';
import { useRoute } from 'preact-iso/router';
import type { ClassReport, TellingFeature } from '../../../audience/models/model.ts';
import { useAnswer } from '../api/use-answer.ts';
import { useCategoryNames } from '../api/use-category-names.ts';
import { count } from '../format.ts';
import { Badge, Card, Empty, Moment, PageHead, Read, Table } from '../ui/parts.tsx';
import { Calibration, Roc } from './charts.tsx';
import { thresholdsOf } from './curves.ts';
import type { ShownModel } from './shown.ts';
import { Trade } from './trade.tsx';

/** One model, measured on labels that it never saw. */
export function ModelPage() {
  const { id } = useRoute().params as { id: string };
  const model = useAnswer<ShownModel>(`/v1/models/${id}`);
  return (
    <>
      <p class="crumb">
        <a href="/console/models">Models</a>
      </p>
      <Read of={model} title="Model">
        {(shown) => <Shown model={shown} />}
      </Read>
    </>
  );
}

const CATEGORY = 'category:';

/** What a feature's category is called, where it is one and has a name: `category:483` says nothing to anybody. */
function useFeatureNames(features: readonly TellingFeature[]): (feature: string) => string | undefined {
  const idOf = (feature: string) =>
    feature.startsWith(CATEGORY) ? feature.slice(CATEGORY.length) : undefined;
  const nameOf = useCategoryNames(
    features.map(({ feature }) => idOf(feature)).filter((id) => id !== undefined),
  );
  return (feature) => {
    const id = idOf(feature);
    const name = id === undefined ? undefined : nameOf(id);
    return name === id ? undefined : name;
  };
}

function Shown({ model }: { model: ShownModel }) {
  const { attribute, classes, drift, reason } = model;
  const [value, setValue] = useState(classes[0]?.value);
  const chosen = classes.find((one) => one.value === value) ?? classes[0];
  const nameOf = useFeatureNames(chosen?.features ?? []);
  return (
    <>
      <PageHead title={attribute.replaceAll('_', ' ')}>
        <Badge state={model.published ? 'published' : 'not published'} />
      </PageHead>
      {reason !== null && <p class="problem">{reason.sentence}</p>}
      <dl class="tiles">
        <div>
          <dt>Labelled visitors</dt>
          <dd>{count(model.labelled)}</dd>
        </div>
        <div>
          <dt>Held out</dt>
          <dd>{count(model.heldOut)}</dd>
        </div>
        <div>
          <dt>AUC</dt>
          <dd>{model.auc === null ? '–' : model.auc.toFixed(3)}</dd>
        </div>
        <div>
          <dt>Calibration error</dt>
          <dd>{model.calibrationError === null ? '–' : model.calibrationError.toFixed(3)}</dd>
        </div>
        <div>
          <dt>Trained</dt>
          <dd class="plain">
            <Moment at={model.trainedAt} />
          </dd>
        </div>
      </dl>
      <Card title="Drift">
        {drift.flags.length === 0 ? (
          <p>
            Nothing has moved since the run before{drift.aucBefore === null && ', as far as there was one'}.
          </p>
        ) : (
          <ul>
            {drift.flags.map(({ name, sentence }) => (
              <li key={name}>
                {sentence} <code>{name}</code>
              </li>
            ))}
          </ul>
        )}
      </Card>
      {chosen === undefined ? (
        <Card title="Classes">
          <Empty title="There is no model to be measured yet." />
        </Card>
      ) : (
        <>
          <label class="inline">
            Class{' '}
            <select value={chosen.value} onChange={(event) => setValue(event.currentTarget.value)}>
              {classes.map((one) => (
                <option key={one.value} value={one.value}>
                  {one.value}
                </option>
              ))}
            </select>
          </label>
          <Curves key={chosen.value} of={chosen} heldOut={model.heldOut} />
          <Card title="Most telling features">
            <Table
              label="Most telling features"
              head={['Feature', { text: 'Speaks for it', number: true }, { text: 'Seen of', number: true }]}
            >
              {chosen.features.map(({ feature, weight, support }) => (
                <tr key={feature}>
                  <th scope="row">
                    <code>{feature}</code>
                    {nameOf(feature) !== undefined && <span class="why">{nameOf(feature)}</span>}
                  </th>
                  <td class="number">{weight.toFixed(3)}</td>
                  <td class="number">{count(support)}</td>
                </tr>
              ))}
            </Table>
          </Card>
        </>
      )}
    </>
  );
}

/** What the held-out labels say of one class. @param heldOut how many there are of all classes. */
function Curves({ of, heldOut }: { of: ClassReport; heldOut: number }) {
  const all = useMemo(
    () => (of.curve === undefined ? undefined : thresholdsOf(of.curve, of.heldOut, heldOut)),
    [of, heldOut],
  );
  if (all === undefined)
    return (
      <div class="columns">
        <Card title="ROC, and coverage against precision">
          <Empty title="This model was trained before the counts of its held-out labels were kept.">
            <p>
              <a href="/console/jobs">Run the job demographics</a> to train it anew and see them.
            </p>
          </Empty>
        </Card>
        <Calibration of={of} />
      </div>
    );
  return (
    <>
      <div class="columns">
        <Roc of={of} all={all} />
        <Calibration of={of} />
      </div>
      <Trade of={of} all={all} />
    </>
  );
}
