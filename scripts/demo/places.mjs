/**
 * Countries: the language of their browsers, minutes east of UTC, and some public networks (the first two
 * numbers of an IPv4 address) that the bundled country file places there.
 */
export const PLACES = {
  US: { language: 'en-US,en;q=0.9', tz: -300, networks: ['73.160', '24.16', '98.192', '71.56', '174.48'] },
  CA: { language: 'en-CA,en;q=0.9,fr-CA;q=0.7', tz: -300, networks: ['24.114', '99.224', '142.112'] },
  IN: { language: 'en-IN,en;q=0.9,hi;q=0.8', tz: 330, networks: ['117.192', '106.200', '49.36'] },
  JP: { language: 'ja,en-US;q=0.8', tz: 540, networks: ['126.10', '60.64', '133.200'] },
  AU: { language: 'en-AU,en;q=0.9', tz: 600, networks: ['1.128', '101.160', '121.208'] },
  MX: { language: 'es-MX,es;q=0.9', tz: -360, networks: ['187.188', '189.128', '187.190'] },
  KR: { language: 'ko-KR,ko;q=0.9,en;q=0.5', tz: 540, networks: ['175.192', '121.128', '211.192'] },
  ZA: { language: 'en-ZA,en;q=0.9', tz: 120, networks: ['105.184', '41.112', '196.208'] },
  DE: { language: 'de-DE,de;q=0.9,en;q=0.7', tz: 120, networks: ['87.128', '91.0', '79.192', '217.224'] },
  FR: { language: 'fr-FR,fr;q=0.9', tz: 120, networks: ['90.0', '86.192', '82.64'] },
  GB: { language: 'en-GB,en;q=0.9', tz: 60, networks: ['86.128', '81.128', '90.192'] },
  ES: { language: 'es-ES,es;q=0.9', tz: 120, networks: ['83.32', '88.0', '81.32'] },
};

/** @returns {string} an address of that country, which no machine of this program ever calls. */
export function addressIn(country, random) {
  return `${random.pick(PLACES[country].networks)}.${random.below(256)}.${1 + random.below(254)}`;
}
