import type { Branch } from '../taxonomy/audience.ts';

/** Seconds of attention that are worth as much as a visit. */
export const DWELL_UNIT_S = 30;
/** Seconds of attention that one hit can bring: a tag tells them piece by piece, and a server may claim hours. */
export const MAX_DWELL_S = 120;

/**
 * Events that are no visit: what the browser tells by itself, and what was shown to somebody who did nothing. Their
 * attention counts all the same. Names in lower case, letters and digits alone; those of a common analytics product are
 * among them, because sites send its events on.
 */
export const PASSIVE_EVENTS: readonly string[] = [
  'attention',
  'impression',
  'userengagement',
  'sessionstart',
  'firstvisit',
  'scroll',
];

/**
 * How much an event says of a purchase to come, in views of a product: the further on the way to the till, the more.
 * A purchase is the surest sign of a buyer of this kind of thing; who must not see the very offer again is for a
 * rule (`{"not":{"did":{"event":"purchase"}}}`) to say. Names in lower case, letters and digits alone: those that shops'
 * analytics have in common, in both orders of their words (`view_item`, `Product Viewed`).
 */
export const SHOPPING_EVENTS: Readonly<Record<string, number>> = {
  productview: 1,
  productviewed: 1,
  productdetail: 1,
  viewitem: 1,
  viewproduct: 1,
  viewcontent: 1,
  selectitem: 1,
  productclick: 1,
  productclicked: 1,
  viewitemlist: 0.5,
  productlist: 0.5,
  productlistviewed: 0.5,
  collectionviewed: 0.5,
  addtowishlist: 2,
  productaddedtowishlist: 2,
  wishlist: 2,
  addtocart: 3,
  addtobasket: 3,
  addtobag: 3,
  productadded: 3,
  productaddedtocart: 3,
  cart: 3,
  basket: 3,
  viewcart: 3,
  cartviewed: 3,
  begincheckout: 4,
  startcheckout: 4,
  initiatecheckout: 4,
  checkout: 4,
  checkoutstarted: 4,
  addshippinginfo: 4,
  addpaymentinfo: 4,
  paymentinfoentered: 4,
  paymentinfosubmitted: 4,
  purchase: 5,
  order: 5,
  placeorder: 5,
  placeanorder: 5,
  orderplaced: 5,
  ordercompleted: 5,
  checkoutcompleted: 5,
  completepayment: 5,
  transaction: 5,
  buy: 5,
  conversion: 5,
};

/**
 * What the tag makes of a page's `og:type`: a page that says so is a product's, and its view is one of a product.
 * The second is what Facebook's catalogue asks of shops.
 */
export const PRODUCT_KEYWORDS: readonly string[] = ['og:product', 'og:product.item'];
export const PRODUCT_PAGE_EVENTS: Readonly<Record<string, number>> = { pageview: 1 };

/**
 * An event's name without what people write differently: `add_to_cart`, `AddToCart` and `add-to-cart` are one. Of the
 * column as it is, so that each name is looked at once and not each hit (3 million: 0.05 s, as plain text 0.23 s).
 */
const eventSql = "replaceRegexpAll(lower(event), '[^a-z0-9]', '')";

/** Of a branch: which hits speak for it, and what each is worth without its attention. */
export interface Weighing {
  /** SQL of which hits are read at all. */
  readonly where: string;
  /** SQL of a hit's worth in visits (views of a product). */
  readonly worth: string;
  readonly params: Readonly<Record<string, unknown>>;
}

const SHOPPING = { ...SHOPPING_EVENTS, ...PRODUCT_PAGE_EVENTS };

export const WEIGHING: Readonly<Record<Branch, Weighing>> = {
  interest: {
    where: '1',
    worth: `if(${eventSql} IN {passive:Array(String)}, 0, 1)`,
    params: { passive: PASSIVE_EVENTS },
  },
  intent: {
    where: `(${eventSql} IN {shopping:Array(String)} OR hasAny(keywords, {productKeywords:Array(String)}))`,
    worth: `transform(${eventSql}, {events:Array(String)}, {worths:Array(Float64)}, 0)`,
    params: {
      shopping: Object.keys(SHOPPING_EVENTS),
      productKeywords: PRODUCT_KEYWORDS,
      events: Object.keys(SHOPPING),
      worths: Object.values(SHOPPING),
    },
  },
};
