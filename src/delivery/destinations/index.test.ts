import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { DEVICE_TYPES } from '../../collect/device-id.ts';
import { DESTINATION_TYPES } from './index.ts';

describe.each([...DESTINATION_TYPES])('the kind of destination %s', (name, type) => {
  it('is found by its own name, which may stand in a URL', () => {
    expect(type.type).toBe(name);
    expect(name).toMatch(/^[a-z][a-z0-9-]{1,40}$/);
  });

  it('has settings that can be described, its secrets among them', () => {
    const { properties } = z.toJSONSchema(type.settings, { io: 'input' });
    expect(Object.keys(properties ?? {})).toEqual(expect.arrayContaining([...type.secrets]));
    for (const [setting, property] of Object.entries(properties ?? {}))
      expect([setting, (property as { description?: string }).description]).toEqual([
        setting,
        expect.stringMatching(/./),
      ]);
  });

  it('takes ids that there are, and keeps them for a time', () => {
    expect(type.takes.partner || type.takes.devices.length > 0).toBe(true);
    for (const device of type.takes.devices) expect(DEVICE_TYPES).toContain(device);
    expect(type.expiryDays.usual).toBeGreaterThan(0);
    expect(type.expiryDays.most).toBeGreaterThanOrEqual(type.expiryDays.usual);
  });
});

it('no two kinds of destination share a name', () => {
  expect(new Set([...DESTINATION_TYPES.values()]).size).toBe(DESTINATION_TYPES.size);
  expect(DESTINATION_TYPES.size).toBe(12);
});
