import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ATTRIBUTES } from './attributes.ts';
import { readLabel } from './label.ts';

const read = (attribute: unknown, value: unknown): string => {
  const label = readLabel(attribute, value);
  return typeof label === 'string' ? label : `${label.attribute} = ${label.value}`;
};

describe('a label', () => {
  it.each<[string, unknown, unknown, string]>([
    ['a gender by its letter', 'gender', 'F', 'gender = female'],
    ['an attribute by another name of it', 'Sex', 'male ', 'gender = male'],
    ['an attribute whose words begin with capitals', 'householdSize', 3, 'household_size = 3'],
    ['a gender that is neither', 'gender', 'non-binary', 'gender = other'],
    ['nothing of an unknown gender', 'gender', 'unknown', 'bad_value'],
    ['nothing of what is no gender', 'gender', 'blue', 'bad_value'],
    ['a number of years', 'age', 34, 'age = 30-34'],
    ['a number of years in text', 'age', '34 years old', 'age = 30-34'],
    ['a band', 'age', '25-29', 'age = 25-29'],
    ['a band with another sign', 'age', '25 – 29', 'age = 25-29'],
    ['a band in words', 'age', 'aged 25 to 29', 'age = 25-29'],
    ['a range within a band', 'age', '22-24', 'age = 21-24'],
    ['the last band', 'age', '75+', 'age = 75+'],
    ['the last band in words', 'age', '80 or older', 'age = 75+'],
    ['who is just of age', 'age', 18, 'age = 18-20'],
    ['no range that lies in two bands', 'age', '18-24', 'bad_value'],
    ['no age that nobody has', 'age', 130, 'bad_value'],
    ['no negative age', 'age', -30, 'bad_value'],
    ['no year in place of an age', 'age', 1990, 'bad_value'],
    ['who is not of age', 'age', 17, 'minor'],
    ['who is not of age, in text', 'age', ' 12 ', 'minor'],
    ['a newborn', 'age', 0, 'minor'],
    ['a range of minors', 'age', '13-17', 'minor'],
    ['a range that holds minors', 'age', '16-24', 'minor'],
    ['minors in words', 'age', 'under 18', 'minor'],
    ['minors by a sign', 'age', '<18', 'minor'],
    ['a teenager', 'age', 'teen', 'minor'],
    ['minors under a name of a partner’s own', 'age_group', '13-17', 'minor'],
    ['adults under a name of a partner’s own', 'age_group', '18-24', 'age_group = 18-24'],
    ['a minor by the year of birth', 'birth_year', new Date().getUTCFullYear() - 10, 'minor'],
    ['a minor whatever the attribute', 'persona', 'Teenager', 'minor'],
    ['a minor by a sentence', 'persona', 'Girls aged 13-17', 'minor'],
    ['a minor by years', 'persona', '12 year olds', 'minor'],
    ['a minor by an age', 'persona', '14 years of age', 'minor'],
    ['a minor by a bound', 'panel', 'U16', 'minor'],
    ['a minor by a bound in another language', 'panel', 'Moins de 18 ans', 'minor'],
    ['a minor by a school', 'education', 'High-school student', 'minor'],
    ['a minor by a generation', 'generation', 'Gen Alpha', 'minor'],
    ['a question for minors, whatever its answer', 'is_minor', false, 'minor'],
    ['a question in one word', 'isMinor', true, 'minor'],
    ['a question for an age, whatever its answer', 'under_18', 'yes', 'minor'],
    ['minors in the plural', 'age', 'under-18s', 'minor'],
    ['minors in full-width figures', 'age', '１７', 'minor'],
    ['a part of a year before the birthday', 'age', '17.9', 'minor'],
    ['minors in French', 'age', '12 ans', 'minor'],
    ['adults in Spanish', 'age', '34 años', 'age = 30-34'],
    ['adults by years', 'persona', 'Women aged 25-34', 'persona = women aged 25-34'],
    ['parents of teenagers', 'persona', 'Parents of teens', 'persona = parents of teens'],
    ['parents by their children', 'has_teens', 'yes', 'has_teens = yes'],
    ['a contract that is young', 'tenure', '2 years', 'tenure = 2 years'],
    ['a car that is young', 'car_age', '3-5 years', 'car_age = 3-5 years'],
    ['a car that is said to be young', 'car', '5 years old', 'car = 5 years old'],
    ['what is taken back', 'Sex', null, 'gender = '],
    ['what is taken back of a partner’s own', 'car', null, 'car = '],
    ['nothing taken back that has no name', '', null, 'bad_attribute'],
    ['nothing taken back of a person’s name', 'first_name', null, 'bad_attribute'],
    ['nothing taken back that is never kept', 'religion', null, 'special_category'],
    ['no year of birth', 'yob', 1970, 'bad_attribute'],
    ['a country by its letters', 'nationality', 'de', 'nationality = DE'],
    ['a country by three letters', 'citizenship', 'DEU', 'nationality = DE'],
    ['Namibia', 'nationality', 'NA', 'nationality = NA'],
    ['no country that is none', 'nationality', 'XX', 'bad_value'],
    ['a household by its size', 'household_size', 3, 'household_size = 3'],
    ['a large household', 'household_size', '7 people', 'household_size = 6+'],
    ['no household of nobody', 'household_size', '0', 'bad_value'],
    ['no negative household', 'household_size', '-3', 'bad_value'],
    ['no children', 'children', 'none', 'children = 0'],
    ['an income', 'income', 45_000, 'income = 40000-49999'],
    [
      'an income as the taxonomy writes it',
      'household_income',
      '$20,000 - $39,999',
      'household_income = 20000-39999',
    ],
    ['an income in thousands', 'household_income', '20k–40k', 'household_income = 20000-39999'],
    ['a large income', 'household_income', '$250,000+', 'household_income = 250000+'],
    ['a small income', 'household_income', 'Less than $10,000', 'household_income = 0-9999'],
    ['an income in classes of a partner’s own', 'income', 'High', 'income = high'],
    [
      'an income in another currency as a partner’s own',
      'income_eur',
      '20000-29999',
      'income_eur = 20000-29999',
    ],
    ['an education by another word', 'education', "Bachelor's", 'education = undergraduate'],
    ['an education', 'Education Level', 'High School', 'education = secondary'],
    ['a marital status', 'marital_status', 'Co-Habiting', 'marital_status = co_habiting'],
    ['an attribute of a partner’s own', 'car', '  Estate   Car ', 'car = estate car'],
    ['a yes of a partner’s own', 'owns_car', true, 'owns_car = true'],
    ['a number of a partner’s own', 'rooms', 4, 'rooms = 4'],
    ['a name in another script', 'favourite_club', 'Спартак', 'favourite_club = спартак'],
    ['no attribute without a name', '', 'x', 'bad_attribute'],
    ['no attribute that begins with a figure', '4x4', 'yes', 'bad_attribute'],
    ['no attribute of 41 letters', 'a'.repeat(41), 'x', 'bad_attribute'],
    ['no attribute that is no text', 7, 'x', 'bad_attribute'],
    ['no value that is no text', 'car', { make: 'x' }, 'bad_value'],
    ['no value that is missing', 'car', undefined, 'bad_value'],
    ['no empty value', 'car', ' ', 'bad_value'],
    ['no value of 65 letters', 'car', 'a'.repeat(65), 'bad_value'],
    ['no control character', 'car', 'a\tb', 'car = a b'],
    ['no value that says nothing', 'car', 'N/A', 'bad_value'],
    ['no e-mail address', 'car', 'anna@example.com', 'bad_value'],
    ['no phone number', 'car', '+49 170 1234567', 'bad_value'],
    ['no name of a person', 'first_name', 'Anna', 'bad_attribute'],
    ['no e-mail address by its name', 'email', 'x', 'bad_attribute'],
  ])('tells %s', (_, attribute, value, expected) => {
    expect(read(attribute, value)).toBe(expected);
  });

  it.each([
    ['religion', 'catholic'],
    ['Religion', 'none'],
    ['faith', 'x'],
    ['is_muslim', true],
    ['group', 'Muslim'],
    ['background', 'Roman Catholic'],
    ['health', 'good'],
    ['health_condition', 'x'],
    ['medical_history', 'x'],
    ['has_diabetes', 'yes'],
    ['disability', 'no'],
    ['status', 'pregnant'],
    ['persona', 'type 2 diabetic'],
    ['politics', 'left'],
    ['political_party', 'x'],
    ['politicalparty', 'x'],
    ['party', 'x'],
    ['voting_intention', 'x'],
    ['trade_union', 'member'],
    ['group', 'Republican voters'],
    ['persona', 'Conservative'],
    ['sexual_orientation', 'x'],
    ['orientation', 'straight'],
    ['persona', 'gay'],
    ['gender', 'transgender'],
    ['lgbt', 'yes'],
    ['ethnicity', 'x'],
    ['ethnic_group', 'x'],
    ['race', 'white'],
    ['skin_colour', 'x'],
    ['Hautfarbe', 'x'],
    ['background', 'Hispanic'],
    ['persona', 'African-American'],
    ['topic', 'politics'],
    ['religion', { deep: true }],
    ['santé', 'x'],
    ['Kirche', 'x'],
    ['persona', 'évangélique protestant'],
    ['persona', 'Evangelisch'],
    ['persona', 'Católico'],
    ['persona', 'musulmane'],
    ['persona', 'jüdisch'],
    ['persona', 'Homosexuell'],
    ['persona', 'bisexuel'],
    ['persona', 'schwanger'],
    ['persona', 'behindert'],
    ['persona', 'chronic migraine'],
    ['persona', 'vaccinated'],
    ['persona', 'pro-choice'],
    ['persona', 'American Indian'],
    ['persona', 'multiracial'],
    ['isMuslim', true],
    ['hasDiabetes', true],
    ['sick_days', '12'],
    ['refugee_status', 'yes'],
  ])('of a special category is refused by name: %s = %s', (attribute, value) => {
    expect(read(attribute, value)).toBe('special_category');
  });

  it.each([
    ['car_colour', 'white', 'car_colour = white'],
    ['education', 'Medical school', 'education = medical school'],
    ['occupation', 'Healthcare', 'employment_role = healthcare'],
    ['favourite_food', 'asian food', 'favourite_food = asian food'],
    ['house_parties', 'often', 'house_parties = often'],
    ['traced', 'yes', 'traced = yes'],
    ['trade', 'polytechnic', 'trade = polytechnic'],
    ['studies', 'liberal arts', 'studies = liberal arts'],
    ['industry', 'hospitality', 'industry = hospitality'],
    ['hospitality', 'hotels', 'hospitality = hotels'],
    ['weekend', 'house parties', 'weekend = house parties'],
    ['favourite_actor', 'Jude Law', 'favourite_actor = jude law'],
  ])('that only sounds like one is kept: %s = %s', (attribute, value, expected) => {
    expect(read(attribute, value)).toBe(expected);
  });

  it('is read the same from what it was read as', () => {
    for (const { name, values } of ATTRIBUTES)
      for (const { value } of values) expect(readLabel(name, value)).toEqual({ attribute: name, value });
  });

  it('of whatever text is kept as it will be read again, or refused by name', () => {
    const names = fc.oneof(
      fc.string(),
      fc.constantFrom('car', 'income', 'children', ...ATTRIBUTES.map(({ name }) => name)),
    );
    const values = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.integer({ min: -5, max: 200 }),
      fc.double(),
      fc.boolean(),
    );
    fc.assert(
      fc.property(names, values, (attribute, value) => {
        const label = readLabel(attribute, value);
        if (typeof label === 'string') return;
        expect(label.attribute).toMatch(/^[a-z][a-z0-9_]{0,39}$/);
        expect(label.value.length).toBeLessThanOrEqual(64);
        expect(label.value).not.toMatch(/[\p{Cc}@]/u);
        expect(readLabel(label.attribute, label.value)).toEqual(label);
      }),
      { numRuns: 2_000 },
    );
  });

  it('of an age is of the one band that holds it, or of a minor', () => {
    for (let age = 0; age <= 122; age++) {
      const label = readLabel('age', age);
      if (age < 18) expect(label).toBe('minor');
      else {
        const [low, high] = (label as { value: string }).value.split(/[-+]/).map((n) => Number(n || 200));
        expect(age).toBeGreaterThanOrEqual(low!);
        expect(age).toBeLessThanOrEqual(high!);
      }
    }
  });
});
