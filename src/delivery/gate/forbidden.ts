import { regionsNeedingYes } from '../../consent/policy.ts';

/** What a segment can tell of its members that may not be sold everywhere. */
export const TOPICS = ['health', 'belief', 'gender_identity'] as const;
export type Topic = (typeof TOPICS)[number];

/** A law, and what of people there is not sold under it without a consent that no signal of this product carries. */
interface Law {
  /** `EEA`, ISO 3166-1 countries and ISO 3166-2 regions. */
  readonly regions: readonly string[];
  readonly topics: readonly Topic[];
  readonly source: string;
}

/**
 * The product's own table. It is kept to where a statute asks for a consent to the sale or use of such data by name, or
 * forbids it; an opt-out of sale is another matter, and has been heard before anything is stored. TCF purposes and US
 * signals tell nothing of either kind.
 */
export const LAWS: readonly Law[] = [
  {
    regions: ['EEA'],
    topics: ['health', 'belief', 'gender_identity'],
    source:
      'Regulation (EU) 2016/679, Art. 9 (1) and (2) (a): explicit consent; also for what such data is inferred from, CJEU C-184/20. Regulation (EU) 2022/2065, Art. 26 (3): no advertising by it at all.',
  },
  { regions: ['GB'], topics: ['health', 'belief'], source: 'UK GDPR, Art. 9 (1) and (2) (a).' },
  {
    regions: ['CH'],
    topics: ['health', 'belief'],
    source: 'Federal Act on Data Protection (2020), Art. 5 (c), Art. 6 (7) (a) and Art. 30 (2) (c).',
  },
  {
    regions: ['BR'],
    topics: ['health', 'belief'],
    source: 'Lei Geral de Proteção de Dados (Lei 13.709/2018), Art. 5 (II) and Art. 11.',
  },
  {
    regions: ['US-WA'],
    topics: ['health'],
    source:
      'My Health My Data Act, RCW 19.373.070: no sale of consumer health data without an authorization.',
  },
  {
    regions: ['US-NV'],
    topics: ['health'],
    source: 'Senate Bill 370 (2023): no sale of consumer health data without a written authorization.',
  },
  {
    regions: ['US-MD'],
    topics: ['health', 'belief', 'gender_identity'],
    source: 'Maryland Online Data Privacy Act of 2024: no sale of sensitive data, whatever the consent.',
  },
  {
    regions: ['US-CT'],
    topics: ['health', 'belief', 'gender_identity'],
    source:
      'Connecticut Data Privacy Act as amended by Public Act 23-56 (consumer health data) and in 2025 (status as nonbinary or transgender).',
  },
  {
    regions: ['US-OR', 'US-DE', 'US-NJ'],
    topics: ['health', 'belief', 'gender_identity'],
    source:
      'Oregon Consumer Privacy Act, Delaware Personal Data Privacy Act, New Jersey Data Privacy Act: consent for sensitive data, which names the status as transgender or nonbinary.',
  },
  {
    regions: [
      'US-VA',
      'US-CO',
      'US-TX',
      'US-MT',
      'US-TN',
      'US-IN',
      'US-KY',
      'US-NH',
      'US-NE',
      'US-MN',
      'US-RI',
    ],
    topics: ['health', 'belief'],
    source:
      'The consumer privacy acts of Virginia, Colorado, Texas, Montana, Tennessee, Indiana, Kentucky, New Hampshire, Nebraska, Minnesota and Rhode Island: consent for sensitive data, which names health and religious belief.',
  },
];

/** @returns countries and regions from which nobody is told under something that tells these topics; sorted. */
export function forbiddenFor(topics: ReadonlySet<Topic>): string[] {
  const regions = LAWS.filter((law) => law.topics.some((topic) => topics.has(topic))).flatMap(
    (law) => law.regions,
  );
  return expandRegions(regions);
}

/**
 * @param regions `EEA`, countries and regions.
 * @returns the same with the countries that `EEA` stands for in its place; sorted, each once.
 */
export const expandRegions = (regions: readonly string[]): string[] =>
  [...regionsNeedingYes(regions)].filter((code) => code !== 'EEA').sort();
