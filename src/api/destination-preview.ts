import type { Chunk, Line } from '../delivery/destination.ts';
import type { Destination } from '../registry/kinds.ts';
import type { Backend } from './backend.ts';
import { targetFor } from './destination.ts';

const PREVIEW_LINES = 10;

/**
 * What a delivery would tell now: how many of each segment, what is lost where, and the first lines as they would go.
 *
 * @throws ApiError `invalid` where the destination cannot be sent to as it is.
 */
export async function preview(
  backend: Backend,
  destination: Destination,
  mode: 'full' | 'delta' | undefined,
) {
  const { courier, flush } = backend;
  const { type, settings } = targetFor(courier, destination);
  await flush();
  const asked = mode ?? destination.mode;
  const planning = { destination, type, lines: type.limits(settings).lines, run: 0, mode: asked };
  const { said, counts, lines, segments } = await courier.plans.dryRun(planning, PREVIEW_LINES);
  const chunk: Chunk = {
    key: 'dry-run',
    planned: new Date(),
    mode: asked,
    segments: new Map(segments.map((segment) => [segment.code, segment])),
    count: lines.length,
    lines: () => each(lines),
  };
  return {
    destination: destination.id,
    mode: asked,
    segments: said,
    counts,
    preview: lines.length === 0 ? '' : await type.preview(chunk, settings),
  };
}

async function* each(lines: readonly Line[]): AsyncGenerator<Line> {
  yield* lines;
}
