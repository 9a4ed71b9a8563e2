import type { VendorList } from '@iabtechlabtcf/core';

/** The least list of vendors that the encoder accepts: 1 to 100, each with every purpose under consent. */
export function vendorList(tcfPolicyVersion: number): VendorList {
  const numbered = <T>(count: number, make: (id: number) => T) =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [index + 1, make(index + 1)]));
  const named = (id: number) => ({ id, name: `${id}`, description: '', illustrations: [] });
  return {
    gvlSpecificationVersion: 3,
    vendorListVersion: 17,
    tcfPolicyVersion,
    lastUpdated: '2025-01-01T00:00:00Z',
    purposes: numbered(11, named),
    specialPurposes: {},
    features: {},
    specialFeatures: {},
    stacks: {},
    dataCategories: {},
    vendors: numbered(100, (id) => ({
      id,
      name: `${id}`,
      purposes: [1, 3, 4, 9, 10],
      legIntPurposes: [],
      flexiblePurposes: [],
      specialPurposes: [],
      features: [],
      specialFeatures: [],
    })),
  } as unknown as VendorList;
}
