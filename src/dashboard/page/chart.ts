import { byId, setAttribute, setText } from './element.ts';
import { count, counted, timeOfDay } from './format.ts';
import { axisEnd } from './scale.ts';

export interface Minute {
  /** ISO 8601: when it begins. */
  readonly minute: string;
  readonly hits: number;
}

const SVG = 'http://www.w3.org/2000/svg';
const WIDTH = 600;
const HEIGHT = 150;
const GAP = 2;

/**
 * Draws a bar for each minute, and says the same in words below.
 *
 * @param minutes oldest first, at least two; the last is the one that has just begun.
 */
export function drawMinutes(minutes: readonly Minute[]): void {
  const svg = byId<SVGSVGElement>('chart').querySelector('svg')!;
  const highest = Math.max(...minutes.map(({ hits }) => hits));
  const end = axisEnd(highest);
  if (svg.querySelector('.minute') === null) drawFrame(svg, minutes.length);
  const bars = svg.querySelectorAll('.minute');
  minutes.forEach(({ minute, hits }, place) => {
    const bar = bars[place]!;
    const height = (hits / end) * HEIGHT;
    const [title, , shown] = bar.children;
    setText(title!, `${timeOfDay(minute)}: ${counted(hits, 'hit')}`);
    setAttribute(shown!, 'y', String(HEIGHT - height));
    setAttribute(shown!, 'height', String(height));
  });
  const [first, middle] = [minutes[0]!, minutes[Math.floor(minutes.length / 2)]!];
  setText(byId('axis-top'), count(end));
  setText(byId('axis-middle'), count(end / 2));
  setText(byId('time-first'), timeOfDay(first.minute));
  setText(byId('time-middle'), timeOfDay(middle.minute));
  setText(byId('time-last'), 'now');
  setText(byId('chart-caption'), inWords(minutes, highest));
}

function inWords(minutes: readonly Minute[], highest: number): string {
  const sum = minutes.reduce((total, { hits }) => total + hits, 0);
  if (sum === 0) return `No hits in the last ${minutes.length} minutes.`;
  const peak = minutes.find(({ hits }) => hits === highest)!;
  return `${counted(sum, 'hit')} in the last ${minutes.length} minutes, most at ${timeOfDay(peak.minute)} (${count(highest)}). The last bar is the minute that has just begun.`;
}

function drawFrame(svg: SVGSVGElement, bars: number): void {
  for (const y of [0.5, HEIGHT / 2, HEIGHT - 0.5])
    svg.append(shape('line', { class: 'grid', x1: 0, x2: WIDTH, y1: y, y2: y }));
  const width = WIDTH / bars;
  for (let place = 0; place < bars; place++) {
    const bar = shape('g', { class: place === bars - 1 ? 'minute unfinished' : 'minute' });
    bar.append(
      shape('title', {}),
      // A bar of one hit is hard to point at; the whole height of its minute is not.
      shape('rect', { class: 'reach', x: place * width, y: 0, width, height: HEIGHT }),
      shape('rect', { x: place * width + GAP / 2, y: HEIGHT, width: width - GAP, height: 0 }),
    );
    svg.append(bar);
  }
}

function shape(name: string, attributes: Readonly<Record<string, string | number>>): SVGElement {
  const element = document.createElementNS(SVG, name) as SVGElement;
  for (const [attribute, value] of Object.entries(attributes)) element.setAttribute(attribute, String(value));
  return element;
}
