/** How often the tag looks, in milliseconds: what attention is counted in, without any clock that could jump. */
export const LOOK_MS = 1000;
/**
 * Looks for which a scroll, a key or the pointer shows that somebody is there: about what a screen full of text
 * takes to read. The window's focus shows nothing: it stays when its owner leaves the desk.
 */
export const USE_LOOKS = 30;
/** The first ping, and by how much the way to each next one is longer: what a browser that dies can cost. */
export const PING_MS = 10_000;

/**
 * Milliseconds an API that is there may stay silent before the tag goes by what the others said. Longer than
 * a CMP behind its stub takes to load where it loads at all: one that is slower still is heard when it speaks.
 */
export const LIMIT_MS = 5000;
/** Seconds: a first-party id that is not seen again outlives no observation made under it. */
export const RETENTION_S = 90 * 24 * 3600;
/** Seconds, some six years: for longer than any browser keeps the mark of an opt-out; each page makes it anew. */
export const OPTOUT_S = 200_000_000;

/**
 * Characters of a whole hit URL, above which what does not fit is left out. nginx in front of the collector reads
 * a request line of 8 kB by default, method and protocol included, and answers a longer one itself, where no
 * counter of ours sees it.
 */
export const URL_LIMIT = 8000;

/**
 * Milliseconds a page, also a virtual one, is given to be itself: routers change the address first and the title
 * once they have drawn, and a CMP that a tag manager inserts turns up late (the IAB's contract puts its stub
 * before every other script). A page view of somebody who leaves within it is lost, therefore it is short.
 */
export const SETTLE_MS = 300;

/** What the cookie holds instead of an id where somebody has opted out of this site's tag. */
export const OPTED_OUT = '0';
