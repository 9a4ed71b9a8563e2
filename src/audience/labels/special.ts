import { keyOf } from './known.ts';

/**
 * What may not be said of anybody here: the special categories of personal data of Regulation (EU) 2016/679, Article 9
 * (1), by how names of attributes begin that ask for one. A dot at its end ends a word, one within it stands for a space.
 */
const TOPICS = {
  religion: `relig faith church confession konfession denominat belief creed spiritual parish mosque synagog worship
    glaube kirche kirchen croyance creencia eglise iglesia chiesa igreja kerk. geloof`,
  health: `health medic disease illness diagnos disab handicap symptom patient therap allerg prescri pregnan fertil
    menstru disorder vaccin bmi. obes addict mental. genetic genom dna. biometr blood. hospital. surger sick. sickness
    gesundheit krank behinder schwanger sante. maladie grossesse salud. enfermedad embaraz salute. malattia gravidanza
    saude. gezondheid ziekte zdrow`,
  politics: `politi party. partei vote. votes. voter voting election elector partisan ideolog trade.union
    tradeunion union. unionmember gewerkschaft syndicat sindicat vakbond wahlabsicht`,
  orientation: 'sexual sexuell sexuel orientation orientierung orientacion orientamento sex.life sexlife',
  ethnicity: `ethni etni race. races. racial raza razza rasse skin. skincolo hautfarbe ancestr tribe. tribal caste.
    descent. herkunft origine. migration.background migrationshintergrund refugee asylum`,
} as const;

/** What somebody is, as values say it, and names of attributes that ask yes or no. */
const TRAITS = {
  religion: `muslim moslem musulm islam christian. christians. christlich chretien catol cathol
    katholi katholiek protestant evangelic evangelisch lutheran calvinis presbyter pentecost adventis baptist. baptists.
    methodis mormon amish coptic jew. jews. jewish judais juden. judisch judio juif juive ebreo ebrei hindu. hindus.
    hinduis buddhis bouddhis budist sikh jainis atheis athee ateo. agnosti jehova quaker pagan. sunni. shia. shiite
    anglican scientolog`,
  health: `diabet pregnan schwanger enceinte embarazada incinta hiv. aids. cancer krebs disabled behindert depress
    anxiety. asthma autis adhd. epilep dement alzheimer parkinson bipolar schizo ptsd. alcoholi alkoholi obese obesity
    overweight arthrit migraine hypertens anorex bulimi hepatit insulin dialysis infertil menopaus tumor. tumour.
    chronically chronic. disease illness wheelchair blind. deaf. hearing.impair visually.impair vaccinat`,
  politics: `democrat. democrats. republican socialist socialists. communis libertarian. tory. tories. gop. maga.
    labour.voter left.wing right.wing far.left far.right pro.life pro.choice sozialdemokrat voter trade.union`,
  orientation: `gay. gays. lesbi bisex homosex heterosex queer. asexual. pansex lgbt transgender transsex trans.man
    trans.woman schwul`,
  ethnicity: `hispanic. hispanics. latino. latina. latinx. latinos. caucasian. african.american afroameri afro.ameri
    native.american american.indian alaska.native native.hawaiian pacific.islander aborigin romani. gypsy. mixed.race
    multiracial biracial mestiz black.african`,
} as const;

/** Said alone these tell the same; beside other words they are of a food, a colour or a party of guests. */
const ALONE = new Set(
  `conservative liberal democrat labour orthodox straight trans asian arab african religious spiritual politics political
  religion health ethnicity cristiano cristiana jude konservativ`.split(/\s+/),
);

/** Of names that are written without a sign between their words, so long that no other word holds them. */
const WITHIN =
  /religio|politic|ethnici|sexuali|sexualorient|disabilit|diagnos|pregnan|illness|disease|medical|healthst/;

const matcher = (words: Readonly<Record<string, string>>): RegExp =>
  new RegExp(
    `(?<!\\p{L})(?:${Object.values(words)
      .flatMap((list) => list.trim().split(/\s+/))
      .map((one) => {
        const stem = (one.endsWith('.') ? one.slice(0, -1) : one).replaceAll('.', ' ');
        return one.endsWith('.') ? `${stem}(?!\\p{L})` : stem;
      })
      .join('|')})`,
    'u',
  );
const TOPIC = matcher(TOPICS);
const TRAIT = matcher(TRAITS);
/** An occupation is no state of health, but what somebody believes or wants is told by any word of it. */
const TOPIC_OF_VALUES = matcher({
  religion: TOPICS.religion,
  politics: TOPICS.politics,
  orientation: TOPICS.orientation,
  ethnicity: TOPICS.ethnicity,
});

/** @returns whether the name of an attribute asks for health, religion, politics, orientation or ethnicity. */
export function asksSpecial(attribute: string): boolean {
  const name = keyOf(attribute);
  return TOPIC.test(name) || TRAIT.test(name) || WITHIN.test(name);
}

/** @returns whether a value tells of health, religion, politics, orientation or ethnicity. */
export function tellsSpecial(value: string): boolean {
  const text = keyOf(value);
  return TRAIT.test(text) || TOPIC_OF_VALUES.test(text) || ALONE.has(text);
}
