import { GVL, TCModel, TCString } from '@iabtechlabtcf/core';
import type { Browser, BrowserContext, Cookie, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest';
import { describeInChromium, launchChromium } from '../test/chromium.ts';
import { type PageServer, servePages } from './page-server.ts';

/** Longer than the tag waits for a late CMP: after it, what has not been sent was held back. */
const QUIET_MS = 500;

/** A CMP's stub as the IAB's contract has it: it queues calls until the CMP is there, and marks its window. */
export const stub = (api: string) => `<script>
  (function () {
    var queue = [];
    window.${api} = function () {
      if (!arguments.length) return queue;
      if (arguments[0] === 'events') return [];
      queue.push(arguments);
    };
    addEventListener('message', function (event) {
      var call = event.data && event.data['${api}Call'];
      if (!call) return;
      var answer = function (value, success) {
        var message = {};
        message['${api}Return'] = { returnValue: value, success: success, callId: call.callId };
        event.source.postMessage(message, '*');
      };
      if ('${api}' === '__gpp') window.__gpp(call.command, answer, call.parameter, call.version);
      else window.${api}(call.command, call.version, answer, call.parameter);
    });
    addEventListener('DOMContentLoaded', function () {
      var frame = document.createElement('iframe');
      frame.name = '${api}Locator';
      frame.style.display = 'none';
      document.body.append(frame);
    });
  })();
</script>`;

export const tcfCmp = `${stub('__tcfapi')}<script src="/tcf.js"></script><script>
  cmp = new TcfCmp.CmpApi(31, 1, true);
</script>`;

export const gppCmp = `${stub('__gpp')}<script src="/gpp.js"></script><script>
  cmp = new GppCmp.CmpApi(31, 1);
  function choose(saleOptOut) {
    cmp.setSignalStatus('not ready');
    cmp.setFieldValue('usnat', 'SaleOptOut', saleOptOut);
    cmp.setApplicableSections([7]);
    cmp.setSignalStatus('ready');
  }
</script>`;

/** A TC string in which these purposes, and vendors 1 and 2, have consent. */
export function tcString(purposes: number[]): string {
  const vendor = {
    purposes: [1, 3],
    legIntPurposes: [],
    flexiblePurposes: [],
    specialPurposes: [],
    features: [],
    specialFeatures: [],
  };
  const model = new TCModel(
    new GVL({
      gvlSpecificationVersion: 3,
      vendorListVersion: 17,
      tcfPolicyVersion: 5,
      lastUpdated: '2025-01-01T00:00:00Z',
      purposes: { 1: { id: 1 }, 3: { id: 3 } },
      specialPurposes: {},
      features: {},
      specialFeatures: {},
      stacks: {},
      dataCategories: {},
      vendors: { 1: { id: 1, name: 'One', ...vendor }, 2: { id: 2, name: 'Two', ...vendor } },
    } as never),
  );
  model.cmpId = 31;
  model.purposeConsents.set(purposes);
  model.vendorConsents.set([1, 2]);
  model.vendorsDisclosed.set([1, 2]);
  return TCString.encode(model);
}

/** A page to visit: what stands in it, and the script that runs before all of its own. */
interface Visit {
  readonly path?: string;
  readonly body?: string;
  readonly init?: string;
  /** The page's time stands still but for `page.clock.runFor`. */
  readonly clock?: boolean;
}

/** A site with a collector, and a visitor's browser, anew for each test. */
export interface World {
  readonly server: PageServer;
  readonly context: BrowserContext;
  /** The tag's element. */
  tag(attributes?: string): string;
  visit(head: string, options?: Visit): Promise<Page>;
  quiet(page: Page): Promise<void>;
  firstPartyId(): Promise<Cookie | undefined>;
}

/** Tests of the tag in Chromium; each fails where anything was thrown into its pages. */
export function describeTag(name: string, suite: (world: World) => void): void {
  describeInChromium(name, () => {
    let server: PageServer;
    let browser: Browser;
    let context: BrowserContext;
    const errors: Error[] = [];

    beforeAll(async () => {
      [server, browser] = await Promise.all([servePages(), launchChromium()]);
    });
    afterAll(async () => {
      await browser?.close();
      await server?.close();
    });
    beforeEach(async () => {
      context = await browser.newContext({ timezoneId: 'Asia/Kolkata' });
      server.hits.length = server.words.length = 0;
    });
    afterEach(async () => {
      await context.close();
      expect(errors.splice(0)).toEqual([]);
    });

    suite({
      get server() {
        return server;
      },
      get context() {
        return context;
      },
      tag: (attributes = '') =>
        `<script async src="${server.collector}/tag.js" data-site="KEY" ${attributes}></script>`,
      async visit(head, { path = '/page', body = '', init = '', clock = false } = {}) {
        server.pages.set(
          path.split(/[?#]/)[0]!,
          `<!doctype html><html><head><title>A title</title>${head}</head><body>${body}</body></html>`,
        );
        const page = await context.newPage();
        page.on('pageerror', (error) => errors.push(error));
        if (clock) {
          await page.clock.install({ time: 0 });
          await page.clock.pauseAt(60_000);
        }
        if (init) await page.addInitScript(init);
        await page.goto(server.site + path);
        return page;
      },
      quiet: (page) => page.waitForTimeout(QUIET_MS),
      firstPartyId: async () => (await context.cookies(server.site)).find(({ name }) => name === '_n90'),
    });
  });
}
