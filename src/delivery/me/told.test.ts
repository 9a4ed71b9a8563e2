import { describe, expect, it } from 'vitest';
import { toldOf } from './told.ts';

const segment = (id: string, iabAudienceId?: string) => ({ id, iabAudienceId });

describe('what a page is told', () => {
  it('is in every form that it can hand on', () => {
    expect(toldOf('dmp.example', [segment('boots', '1046'), segment('hikers', '570')])).toEqual({
      segments: ['boots', 'hikers'],
      ortb2: {
        user: {
          data: [{ name: 'dmp.example', ext: { segtax: 4 }, segment: [{ id: '1046' }, { id: '570' }] }],
        },
      },
      keyValues: { n90: ['boots', 'hikers'] },
      pps: { taxonomies: { IAB_AUDIENCE_1_1: { values: ['1046', '570'] } } },
      ppsj: Buffer.from(
        '{"PublisherProvidedTaxonomySignals":[{"taxonomy":"IAB_AUDIENCE_1_1","values":["1046","570"]}]}',
      ).toString('base64'),
    });
  });

  it('is nothing, in the same shape, where there is nothing to tell', () => {
    expect(toldOf('dmp.example', [])).toEqual({
      segments: [],
      ortb2: { user: { data: [] } },
      keyValues: {},
      pps: { taxonomies: {} },
      ppsj: '',
    });
  });

  it('has a place of the taxonomy once, and of segments without one nothing for bids', () => {
    const { ortb2, pps } = toldOf('dmp.example', [segment('a', '570'), segment('b', '570'), segment('c')]);
    expect(ortb2.user.data[0]!.segment).toEqual([{ id: '570' }]);
    expect(pps.taxonomies).toEqual({ IAB_AUDIENCE_1_1: { values: ['570'] } });
    expect(toldOf('dmp.example', [segment('c')])).toMatchObject({
      segments: ['c'],
      ortb2: { user: { data: [] } },
      keyValues: { n90: ['c'] },
      ppsj: '',
    });
  });

  it('leaves a value out that Google would not take, and tells it the page all the same', () => {
    const [fits, long] = ['a'.repeat(40), 'a'.repeat(41)];
    const { segments, keyValues } = toldOf('dmp.example', [segment(fits), segment(long)]);
    expect(segments).toEqual([fits, long]);
    expect(keyValues).toEqual({ n90: [fits] });
  });
});
