import protobuf from 'protobufjs';

/**
 * The messages of Google's bulk uploader, as far as they are used (`cookie-bulk-upload.proto`, version v.24). Field
 * numbers are those of the published file; that of `process_consent` is second-hand.
 */
const { UpdateUsersDataRequest, UserDataOperation, UpdateUsersDataResponse } = (() => {
  const root = protobuf.Root.fromJSON({
    nested: {
      UserDataOperation: {
        fields: {
          userId: { type: 'string', id: 1 },
          userListId: { type: 'int64', id: 4 },
          delete: { type: 'bool', id: 6 },
          userIdType: { type: 'int32', id: 14 },
        },
      },
      UpdateUsersDataRequest: {
        fields: {
          ops: { rule: 'repeated', type: 'UserDataOperation', id: 1 },
          processConsent: { type: 'bool', id: 3 },
        },
      },
      ErrorInfo: {
        fields: {
          userListId: { type: 'int64', id: 2 },
          userId: { type: 'string', id: 3 },
          errorCode: { type: 'int32', id: 4 },
        },
      },
      UpdateUsersDataResponse: {
        fields: {
          status: { type: 'int32', id: 1 },
          errors: { rule: 'repeated', type: 'ErrorInfo', id: 2 },
        },
      },
    },
  });
  return {
    UserDataOperation: root.lookupType('UserDataOperation'),
    UpdateUsersDataRequest: root.lookupType('UpdateUsersDataRequest'),
    UpdateUsersDataResponse: root.lookupType('UpdateUsersDataResponse'),
  };
})();

/** `UserIdType` of the file. */
export const USER_ID_TYPES = {
  GOOGLE_USER_ID: 0,
  IDFA: 1,
  ANDROID_ADVERTISING_ID: 2,
  PARTNER_PROVIDED_ID: 4,
  RIDA: 5,
  AFAI: 6,
  MSAI: 7,
  GENERIC_DEVICE_ID: 9,
} as const;

/** `ErrorCode` of the file. */
export const ERROR_CODES = {
  NO_ERROR: 0,
  PARTIAL_SUCCESS: 1,
  PERMISSION_DENIED: 2,
  BAD_DATA: 3,
  BAD_COOKIE: 4,
  BAD_ATTRIBUTE_ID: 5,
  BAD_NETWORK_ID: 7,
  REQUEST_TOO_BIG: 8,
  EMPTY_REQUEST: 9,
  INTERNAL_ERROR: 10,
  BAD_DATA_SOURCE_ID: 11,
  BAD_TIMESTAMP: 12,
  UNKNOWN_ID: 21,
} as const;

export interface Operation {
  readonly userId: string;
  /** A number of 64 bits, which is why it is a text. */
  readonly userListId: string;
  readonly userIdType: number;
  readonly delete: boolean;
}

/** How many bytes an operation has in a request, its own tag and length included. */
export function bytesOf(operation: Operation): number {
  const bytes = UserDataOperation.encode(UserDataOperation.fromObject(operation)).finish().length;
  return 1 + varintBytes(bytes) + bytes;
}

const varintBytes = (value: number): number => (value < 0x80 ? 1 : value < 0x4000 ? 2 : 3);

/** What a request has beside its operations: `process_consent`, a tag and a value. */
export const REQUEST_OVERHEAD_BYTES = 2;

/** A request, `process_consent` set: who is in it was asked, see the gate of the rows that leave. */
export const encodeRequest = (operations: readonly Operation[]): Uint8Array =>
  UpdateUsersDataRequest.encode(
    UpdateUsersDataRequest.fromObject({ ops: operations, processConsent: true }),
  ).finish();

export interface Answered {
  readonly status: number;
  readonly errors: readonly {
    /** Empty where the id was not what was wrong. */
    readonly userId: string;
    /** `0` where the list was not. */
    readonly userListId: string;
    readonly errorCode: number;
  }[];
}

/** @throws RangeError or Error of the library for what is no such message. */
export const decodeAnswer = (body: Uint8Array): Answered =>
  UpdateUsersDataResponse.toObject(UpdateUsersDataResponse.decode(body), {
    longs: String,
    defaults: true,
    arrays: true,
  }) as Answered;
