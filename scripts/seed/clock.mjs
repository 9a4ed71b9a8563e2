const Present = Date;

/**
 * Does work with the clock of this process set back, so that what the product's own functions write down here is dated
 * as if they had been called then. The clock goes on meanwhile: what something took is what it took.
 *
 * @template T @param {number} moment when it begins; milliseconds since 1970.
 * @param {() => Promise<T>} work one at a time. @returns {Promise<T>}
 */
export async function setBackTo(moment, work) {
  const back = Present.now() - moment;
  globalThis.Date = class extends Present {
    constructor(...of) {
      if (of.length === 0) super(Present.now() - back);
      else super(...of);
    }

    static now() {
      return Present.now() - back;
    }
  };
  try {
    return await work();
  } finally {
    globalThis.Date = Present;
  }
}
