import type { BlobRef } from '../store/index.ts'
import type { CheckedJson } from './checked-json.ts'

export const idForm = /^[0-9a-f]{64}$/

/** Largest size a record may claim for one blob: far above any tool's file, far below what breaks arithmetic. */
const maximumBlob = 2 ** 40

/** Reads a blob reference out of a record. */
export function checkedBlobRef(json: CheckedJson): BlobRef {
  return {
    id: json.at('id').text(idForm, 'an id of 64 hex digits'),
    size: json.at('size').integer(0, maximumBlob),
    chunked: json.at('chunked').boolean(),
  }
}

/** The same reference with its fields in the order that records are written in. */
export function orderedBlobRef({ id, size, chunked }: BlobRef): BlobRef {
  return { id, size, chunked }
}
