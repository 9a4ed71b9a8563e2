import { readCountry } from './countries.ts';
import type { Interval } from './interval.ts';

/** What a visitor may be, under an attribute. */
export interface Value {
  /** As it is stored, and as rules name it. */
  readonly value: string;
  /** Its id in the IAB Audience Taxonomy 1.1; undefined where that has none. */
  readonly iab?: string;
  /** How else it is written, beside its own name; case, accents and signs between words do not matter. */
  readonly spellings?: readonly string[];
  /** The numbers that it stands for. */
  readonly band?: Interval;
}

/** What is known of an attribute; partners may declare others, under names and values of their own. */
export interface Attribute {
  readonly name: string;
  readonly aliases?: readonly string[];
  /** Id of its branch in the IAB Audience Taxonomy 1.1. */
  readonly iab?: string;
  readonly values: readonly Value[];
  /** Whether a partner may declare values of its own beside these. */
  readonly open: boolean;
  /** Of values that are bands: words and signs that are passed over in numbers. */
  readonly units?: RegExp;
  /** Of bands of amounts: `20k-40k` ends where the next one begins, and means what lies below. */
  readonly endsBelow?: true;
  /** In place of values: reads one of a list that others keep. */
  readonly read?: (text: string) => string | undefined;
  /** What its values are, for who wrote another thing. */
  readonly form: string;
}

const word = (iab: string, value: string, ...spellings: string[]): Value => ({ value, iab, spellings });
const band = (
  iab: string | undefined,
  low: number,
  high = Number.POSITIVE_INFINITY,
  ...spellings: string[]
): Value => ({
  value: high === low ? String(low) : high === Number.POSITIVE_INFINITY ? `${low}+` : `${low}-${high}`,
  ...(iab === undefined ? {} : { iab }),
  spellings,
  band: { low, high },
});

/** Words and signs around ages. */
export const YEARS =
  /(?<!\p{L})(?:aged?|ages|years?|yrs?|yo|y\/o|y|olds?|of|jahren?|ans|años|anos|anni|jaar)(?!\p{L})/gu;
const PEOPLE = /(?<!\p{L})(?:people|persons?|individuals?|members?|adults?|child(?:ren)?|kids?)(?!\p{L})/gu;
const USD = /\$|(?<!\p{L})(?:us ?\$|usd|(?:a|per) year|annually|p\.?a\.?)(?!\p{L})/gu;

/**
 * The demographic attributes that are known by name, with the ids that the IAB Audience Taxonomy 1.1 (IAB Tech Lab,
 * CC BY 3.0) has for their values. Amounts are US dollars a year, because that is what its bands are.
 */
export const ATTRIBUTES: readonly Attribute[] = [
  {
    name: 'gender',
    aliases: ['sex'],
    iab: '48',
    open: false,
    form: 'female, male or other',
    values: [
      word('49', 'female', 'f', 'fem', 'w', 'woman', 'women'),
      word('50', 'male', 'm', 'man', 'men'),
      word(
        '51',
        'other',
        'o',
        'x',
        'd',
        'diverse',
        'nonbinary',
        'non binary',
        'other gender',
        'third gender',
      ),
    ],
  },
  {
    name: 'age',
    iab: '2',
    open: false,
    units: YEARS,
    form: 'a number of years or a range within one of the bands 18-20, 21-24, 25-29 and so on to 75+',
    values: [
      band('3', 18, 20),
      band('4', 21, 24),
      band('5', 25, 29),
      band('6', 30, 34),
      band('7', 35, 39),
      band('8', 40, 44),
      band('9', 45, 49),
      band('10', 50, 54),
      band('11', 55, 59),
      band('12', 60, 64),
      band('13', 65, 69),
      band('14', 70, 74),
      band('15', 75),
    ],
  },
  {
    name: 'nationality',
    aliases: ['citizenship'],
    open: false,
    read: readCountry,
    form: 'an ISO 3166-1 code, such as DE or DEU',
    values: [],
  },
  {
    name: 'education',
    aliases: ['education_level'],
    iab: '17',
    open: true,
    form: 'primary, secondary, college or what is below it; or a value of your own',
    values: [
      word('18', 'primary', 'primary education', 'primary school', 'elementary school'),
      word('19', 'secondary', 'secondary education', 'secondary school', 'high school', 'upper secondary'),
      word('20', 'college', 'college education', 'university', 'university degree', 'tertiary', 'higher'),
      word('21', 'professional_school'),
      word('22', 'postgraduate', 'postgraduate education', 'master', 'masters', 'phd', 'doctorate'),
      word('23', 'undergraduate', 'undergraduate education', 'bachelor', 'bachelors'),
    ],
  },
  {
    name: 'employment_status',
    aliases: ['employment'],
    iab: '39',
    open: true,
    form: 'employed, full_time, part_time, self_employed, job_seeker, unemployed, retired or student; or one of your own',
    values: [
      word('40', 'retired', 'pensioner'),
      word('41', 'student'),
      word('42', 'employed', 'employee', 'working'),
      word('43', 'part_time', 'employed part time'),
      word('44', 'full_time', 'employed full time'),
      word('45', 'self_employed', 'freelance', 'freelancer'),
      word('46', 'job_seeker', 'unemployed job seeker', 'looking for work'),
      word('47', 'unemployed', 'not working', 'out of work'),
    ],
  },
  {
    name: 'employment_role',
    aliases: ['occupation', 'job_role'],
    iab: '24',
    open: true,
    form: 'professional, office_worker, homemaker and so on; or a value of your own',
    values: [
      word('25', 'work_from_home'),
      word('26', 'director_managerial', 'director', 'manager', 'managerial', 'management'),
      word('27', 'homemaker_domestic_work', 'homemaker', 'domestic work', 'housewife', 'househusband'),
      word('28', 'office_worker', 'office'),
      word('29', 'part_time_worker', 'part time'),
      word('30', 'professional'),
      word('31', 'public_sector', 'civil servant'),
      word('32', 'retired', 'pensioner'),
      word('33', 'self_employed', 'freelance', 'freelancer'),
      word('34', 'shop_worker', 'retail worker'),
      word('35', 'skilled_manual_work', 'skilled worker', 'manual worker'),
      word('36', 'student'),
      word('37', 'unemployed'),
    ],
  },
  {
    name: 'household_income',
    aliases: ['hh_income', 'hhi'],
    iab: '60',
    open: true,
    units: USD,
    endsBelow: true,
    form: 'US dollars a year: a number or a range within one band; or a value of your own',
    values: [
      band('61', 0, 9_999),
      band('62', 10_000, 14_999),
      band('63', 15_000, 19_999),
      band('64', 20_000, 39_999),
      band('65', 40_000, 49_999),
      band('66', 50_000, 74_999),
      band('67', 75_000, 99_999),
      band('68', 100_000, 149_999),
      band('69', 150_000, 174_999),
      band('70', 175_000, 199_999),
      band('71', 200_000, 249_999),
      band('72', 250_000),
    ],
  },
  {
    name: 'income',
    aliases: ['personal_income'],
    iab: '164',
    open: true,
    units: USD,
    endsBelow: true,
    form: 'US dollars a year: a number or a range within one band; or a value of your own',
    values: [
      band(undefined, 0, 9_999),
      band('165', 10_000, 14_999),
      band('166', 15_000, 19_999),
      band('167', 20_000, 39_999),
      band('168', 40_000, 49_999),
      band('169', 50_000, 74_999),
      band('170', 75_000, 99_999),
      band('171', 100_000, 149_999),
      band('172', 150_000, 174_999),
      band('173', 175_000, 199_999),
      band('174', 200_000, 249_999),
      band('175', 250_000),
    ],
  },
  {
    name: 'household_size',
    aliases: ['hh_size', 'number_of_individuals'],
    iab: '130',
    open: false,
    units: PEOPLE,
    form: 'a number of people: 1 to 5, or 6+',
    values: [
      band('131', 1, 1),
      band('132', 2, 2),
      band('133', 3, 3),
      band('134', 4, 4),
      band('135', 5, 5),
      band('136', 6),
    ],
  },
  {
    name: 'adults',
    aliases: ['number_of_adults'],
    iab: '121',
    open: false,
    units: PEOPLE,
    form: 'a number of adults: 1, 2, or 3+',
    values: [band('122', 1, 1), band('123', 2, 2), band('124', 3)],
  },
  {
    name: 'children',
    aliases: ['number_of_children', 'children_in_household'],
    iab: '125',
    open: false,
    units: PEOPLE,
    form: 'a number of children: 0, 1, 2, or 3+',
    values: [
      band('126', 0, 0, 'none', 'no', 'no children'),
      band('127', 1, 1),
      band('128', 2, 2),
      band('129', 3),
    ],
  },
  {
    name: 'parental_status',
    aliases: ['parent'],
    iab: '93',
    open: false,
    form: 'parent or no_children',
    values: [
      word('98', 'parent', 'parents', 'parents with children', 'mother', 'father', 'yes', 'true'),
      word('96', 'no_children', 'adults no children', 'not a parent', 'childless', 'no', 'false'),
    ],
  },
  {
    name: 'life_stage',
    iab: '93',
    open: true,
    form: 'adults_no_children, parents_with_children, empty_nest and so on; or a value of your own',
    values: [
      word('95', 'single_generation_household', 'single generation'),
      word('96', 'adults_no_children', 'no children'),
      word('97', 'multi_generation_household', 'multi generation'),
      word('98', 'parents_with_children', 'parents', 'family with children'),
      word('99', 'grandparents_parents_and_children', 'three generations'),
      word('100', 'grandparents_with_children', 'grandparents'),
      word('101', 'empty_nest', 'empty nest adults children left home', 'empty nester', 'empty nesters'),
    ],
  },
  {
    name: 'marital_status',
    aliases: ['relationship_status'],
    iab: '159',
    open: true,
    form: 'co_habiting, married or single; or a value of your own',
    values: [
      word('160', 'co_habiting', 'cohabiting', 'living together'),
      word('161', 'married'),
      word('162', 'single', 'unmarried', 'never married'),
    ],
  },
  {
    name: 'home_ownership',
    aliases: ['ownership', 'homeownership'],
    iab: '137',
    open: true,
    form: 'owner, renter or first_time_homeowner; or a value of your own',
    values: [
      word('140', 'owner', 'home owner', 'homeowner', 'home owners', 'homeowners'),
      word('141', 'renter', 'renters', 'tenant'),
      word('142', 'first_time_homeowner'),
    ],
  },
  {
    name: 'property_type',
    iab: '143',
    open: true,
    form: 'single_family or multiple_family; or a value of your own',
    values: [word('144', 'multiple_family', 'multi family'), word('145', 'single_family')],
  },
];
