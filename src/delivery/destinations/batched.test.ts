import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { batched, type Piece } from './batched.ts';

async function* each(pieces: readonly Piece[]) {
  yield* pieces;
}

describe('pieces put together to requests', () => {
  it('keep their order, none lost and none twice, within the bytes there are', async () => {
    const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 10 });
    await fc.assert(
      fc.asyncProperty(fc.array(text), fc.integer({ min: 1, max: 60 }), async (texts, most) => {
        const pieces = texts.map((one, number) => ({ number, text: one }));
        const batches = [];
        for await (const batch of batched(each(pieces), most, ',')) batches.push(batch);
        expect(batches.flatMap((batch) => batch.texts)).toEqual(texts);
        expect(batches.flatMap((batch) => batch.numbers)).toEqual(pieces.map(({ number }) => number));
        for (const batch of batches) {
          if (batch.texts.length > 1)
            expect(Buffer.byteLength(batch.texts.join(','))).toBeLessThanOrEqual(most);
        }
      }),
    );
  });
});
