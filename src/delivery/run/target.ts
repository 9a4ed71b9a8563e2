import type { Destination } from '../../registry/kinds.ts';
import type { Vault } from '../secrets.ts';
import type { Target, Types } from './courier.ts';

/** A destination cannot be sent to as it is. */
export class TargetError extends Error {
  readonly reason: 'unknown_type' | 'unfit_settings';

  constructor(reason: TargetError['reason'], message: string) {
    super(message);
    this.name = 'TargetError';
    this.reason = reason;
  }
}

/**
 * @returns the destination with its type, and its settings as that declares them.
 * @throws TargetError, SecretUnreadableError
 */
export function targetOf(destination: Destination, types: Types, vault: Vault): Target {
  const { id, type: name } = destination;
  const type = types.get(name);
  if (type === undefined)
    throw new TargetError(
      'unknown_type',
      `Destination ${id} is of the type ${name}, which this version does not have.`,
    );
  const secrets = Object.entries(destination.secrets).map(([name, sealed]) => [
    name,
    vault.open(id, name, sealed),
  ]);
  const settings = type.settings.safeParse({ ...destination.settings, ...Object.fromEntries(secrets) });
  if (!settings.success) {
    const wrong = settings.error.issues.map(({ path }) => path.join('/'));
    throw new TargetError(
      'unfit_settings',
      `Destination ${id} lacks settings, or has wrong ones: ${wrong.join(', ')}.`,
    );
  }
  return { destination, type, settings: settings.data };
}
