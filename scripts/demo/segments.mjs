/** The partner whose cookie ids the demo's visitors are matched with. */
export const PARTNER = { id: 'demo-dsp', name: 'Demo DSP' };

/** Ids of the IAB Content Taxonomy 3.1, which the collector finds by the words of address and title. */
const IAB = {
  soccer: '533',
  sports: '483',
  cooking: '216',
  baking: '217',
  travel: '653',
  cars: '1',
  technology: '596',
  personalFinance: '391',
  creditCards: '406',
};

const did = (match, more = {}) => ({ did: match, ...more });

/** One of each kind of rule that a newcomer will want to copy. */
export const SEGMENTS = [
  {
    id: 'football-fans',
    name: 'Football: two pages in a week',
    rule: did({ category: IAB.soccer }, { times: 2, within: '7d' }),
  },
  {
    id: 'home-cooks',
    name: 'Cooking and baking',
    rule: did({ category: [IAB.cooking, IAB.baking] }),
  },
  {
    id: 'travellers',
    name: 'Travel: two pages',
    rule: did({ category: IAB.travel }, { times: 2 }),
  },
  { id: 'in-the-us', name: 'Seen in the United States', rule: did({ country: 'US' }) },
  {
    id: 'regulars',
    name: 'Five page views or more today',
    rule: did({ event: 'pageview' }, { times: 5, within: '24h' }),
  },
  {
    id: 'mobile-tech',
    name: 'Technology, read on a phone',
    rule: did({ category: IAB.technology, device: 'mobile' }),
  },
  {
    id: 'travelling-cooks',
    name: 'In both: cooks and travellers',
    rule: { all: [{ segment: 'home-cooks' }, { segment: 'travellers' }] },
  },
  {
    id: 'savers-without-cards',
    name: 'Personal finance, but no page on credit cards',
    rule: { all: [did({ category: IAB.personalFinance }), { not: did({ category: IAB.creditCards }) }] },
  },
  {
    id: 'car-or-sports',
    name: 'Cars or sports, and not a subscriber yet',
    rule: {
      all: [
        { any: [did({ category: IAB.cars }), did({ category: IAB.sports })] },
        { not: did({ event: 'signup' }) },
      ],
    },
  },
];
