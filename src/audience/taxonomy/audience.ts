import { INTENT } from './tables/intent.ts';
import { KNOWLEDGE } from './tables/knowledge.ts';
import { LIVING } from './tables/living.ts';
import { PASTIME } from './tables/pastime.ts';

/** The branch of the taxonomy: what somebody cares for, or is about to buy. */
export type Branch = 'interest' | 'intent';

/** What a page must be about to speak for a node: this category, and where named that one too. */
export interface Source {
  /** Id of the IAB Content Taxonomy 3.1. */
  readonly content: string;
  readonly beside: string | undefined;
}

/** A node of the IAB Audience Taxonomy 1.1 that visitors can be scored for. */
export interface AudienceNode {
  readonly id: string;
  readonly name: string;
  readonly branch: Branch;
  /** From the parent up to its tier-1 node; the root of the branch is not among them. */
  readonly ancestors: readonly string[];
  /** Any of these speaks for it, and so does all that speaks for a node below it. */
  readonly sources: readonly Source[];
}

/** Nodes of the taxonomy above everything of a branch. */
export const ROOTS: Readonly<Record<Branch, { readonly id: string; readonly name: string }>> = {
  interest: { id: '206', name: 'Interest' },
  intent: { id: '752', name: 'Purchase Intent' },
};

/**
 * Left out, each with all below it, although the taxonomy has them: an anonymous audience platform infers nothing
 * that GDPR Art. 9 calls a special category, and nothing of minors, so a page about it makes no score. What pages
 * are about follows the same rule, see SPECIAL_CATEGORIES in collect/topics.
 */
export const SPECIAL_NODES: ReadonlySet<string> = new Set([
  '381', // Health and Medical Services
  '466', // Medical Health
  '550', // Pharmaceuticals, Conditions, and Symptoms
  '210', // Counseling
  '219', // Medicine and Healthcare
  '221', // Clinical Science
  '312', // Healthcare Industry
  '324', // Pharmaceutical Industry
  '374', // Food Allergies
  '407', // Children's Health
  '411', // Men's Health
  '413', // Senior Health
  '414', // Weight Loss
  '416', // Alternative Medicine
  '419', // Physical Therapy
  '420', // Smoking Cessation
  '421', // Women's Health
  '627', // Disabled Sports
  '213', // Philosophy: Art. 9 speaks of philosophical belief
  '378', // Vegan Diets: a belief that courts have protected as one
  '496', // Gospel Music
  '503', // Religious (Music and Audio)
  '242', // Governance and Society
  '529', // Politics
  '261', // Children's Literature: readers of it, and of the next five, may be minors
  '267', // Young Adult Literature
  '474', // Family and Children Movies
  '488', // Children's Music
  '708', // Children's TV
  '747', // Educational Video Games
  '356', // Parenting Teens
  '762', // Health and Fitness Apps
  '765', // Medical Apps
  '894', // Medical and Biotechnology
  '925', // Maternity Clothing
  '926', // Underwear and Lingerie
  '1344', // Religious Items
  '1393', // Medical Insurance
  '1448', // Health and Medical Services
  '1498', // Baby Showers: says that someone is pregnant
  '1501', // Births
  '1502', // Funeral Supplies and Services
  '1504', // Proms
  '1555', // Pharmaceuticals, Conditions, and Symptoms
]);

/**
 * Reads a table of nodes. A line is `id Name: content content other+beside`; two more spaces of indent make it a
 * child of the line above; a plus asks for both categories on the page (a genre beside films is a kind of film).
 *
 * @throws Error naming the line that cannot be read: the tables are part of the source.
 */
export function readNodes(table: string, branch: Branch): AudienceNode[] {
  const nodes: AudienceNode[] = [];
  const above: string[] = [];
  for (const line of table.split('\n')) {
    if (line === '') continue;
    const [, indent = '', id = '', name = '', contents = ''] =
      /^((?: {2})*)(\d+) ([^:]+):((?: [A-Za-z0-9]+(?:\+[A-Za-z0-9]+)?)*)$/.exec(line) ?? [];
    const depth = indent.length / 2;
    if (id === '' || depth > above.length) throw new Error(`Not a line of a table of nodes: ${line}`);
    above.length = depth;
    nodes.push({
      id,
      name,
      branch,
      ancestors: above.toReversed(),
      sources: contents.split(' ').flatMap(source),
    });
    above.push(id);
  }
  return nodes;
}

function source(text: string): Source[] {
  const [content = '', beside] = text.split('+');
  return content === '' ? [] : [{ content, beside }];
}

/**
 * The product's own way from what pages are about to what their visitors care for and are about to buy; there is no
 * official one. Ids and names are the taxonomy's (IAB Tech Lab, CC-BY 3.0, see NOTICE); which content leads to which
 * node was decided here.
 */
export const NODES: readonly AudienceNode[] = [
  ...[KNOWLEDGE, PASTIME, LIVING].flatMap((table) => readNodes(table, 'interest')),
  ...readNodes(INTENT, 'intent'),
];

export const NODE_BY_ID: ReadonlyMap<string, AudienceNode> = new Map(NODES.map((node) => [node.id, node]));
