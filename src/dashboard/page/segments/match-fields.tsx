import { useAll } from '../api/use-all.ts';
import { useCategoryNames } from '../api/use-category-names.ts';
import { FieldRows } from './field-rows.tsx';
import { MATCH_FIELDS, NUMBERS, type Row } from './rule-fields.ts';
import { TaxonomyButton } from './taxonomy-picker.tsx';
import { ChosenTokens, TypedTokens } from './tokens.tsx';

interface ValuesOf {
  readonly values: readonly string[];
  readonly put: (values: readonly string[]) => void;
}

/** What one hit must have, field by field. */
export function MatchFields({
  match,
  change,
}: {
  match: readonly Row[];
  change: (match: readonly Row[]) => void;
}) {
  return (
    <FieldRows
      rows={match}
      names={Object.keys(MATCH_FIELDS)}
      noun="field"
      none="Any hit counts."
      change={change}
    >
      {({ name, values }, put) => {
        if (name === 'site') return <Sites values={values} put={put} />;
        if (name === 'category') return <Categories values={values} put={put} />;
        return (
          <TypedTokens
            label={`Values of ${name}`}
            values={values}
            put={put}
            placeholder={MATCH_FIELDS[name]}
            isNumber={NUMBERS.has(name)}
          />
        );
      }}
    </FieldRows>
  );
}

/** Ids tell nobody what they stand for, so their names stand beside them. */
function Categories({ values, put }: ValuesOf) {
  const nameOf = useCategoryNames(values);
  return (
    <>
      <TypedTokens
        label="Values of category"
        values={values}
        put={put}
        wordsOf={nameOf}
        placeholder={MATCH_FIELDS['category']}
      />
      <TaxonomyButton
        taxonomy="content-3.1"
        label="Choose a category"
        pick={(id) => put([...new Set([...values, id])])}
      />
    </>
  );
}

function Sites({ values, put }: ValuesOf) {
  const sites = useAll<{ id: string; name: string }>('/v1/sites');
  return (
    <ChosenTokens
      label="Site"
      values={values}
      put={put}
      options={(sites.value ?? []).map(({ id, name }) => [id, name])}
    />
  );
}
