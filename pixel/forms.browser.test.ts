import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { describeTag } from './tag.testing.ts';

/** The blocks of HTML that the README tells people to paste. */
const FORMS = [
  ...readFileSync(new URL('../README.md', import.meta.url), 'utf8').matchAll(/^```html\n(.*?)^```/gms),
].map(([, html]) => html!);

describeTag('the forms that the README shows', (world) => {
  /** The one block that holds a text, for the collector of the test. */
  function form(holding: string): string {
    const [html, ...more] = FORMS.filter((block) => block.includes(holding));
    if (html === undefined || more.length > 0) throw new Error(`not one block with ${holding}`);
    return html
      .replace(/https?:\/\/(?:collector\.example|127\.0\.0\.1:8090)/g, world.server.collector)
      .replaceAll('YOUR-SITE-KEY', 'KEY');
  }

  it('as a script element', async () => {
    await world.visit(form('/tag.js" data-site'));
    await world.server.arrived(1);
    expect(world.server.hits[0]).toMatchObject({ s: 'KEY', e: 'pageview' });
  });

  it('by a script, as tag managers want it', async () => {
    const page = await world.visit(form('createElement'));
    await world.server.arrived(1);
    await world.quiet(page);
    expect(world.server.hits).toHaveLength(1);
    expect(world.server.hits[0]).toMatchObject({ s: 'KEY', e: 'pageview', u: `${world.server.site}/page` });
  });

  it('without JavaScript, as an image that leaves the rest to the Referer header', async () => {
    world.server.pages.set('/plain', `<!doctype html><title>A title</title>${form('<noscript>')}`);
    const context = await world.context.browser()!.newContext({ javaScriptEnabled: false });
    await (await context.newPage()).goto(`${world.server.site}/plain`);
    await world.server.arrived(1);
    // To another origin, where a browser by itself tells no more than the site.
    expect(world.server.hits[0]).toMatchObject({ s: 'KEY', referer: `${world.server.site}/plain` });
    await context.close();
  });

  it('and the script that syncs', async () => {
    await world.visit(form('/sync.js" data-site'));
    await expect.poll(() => world.server.frames).toEqual([{ s: 'KEY' }]);
  });
});
