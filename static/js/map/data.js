// The data of one map, by its addresses. A map can be deleted while somebody looks at it: then all of them answer 404.
import { RequestFailed, request } from "../http.js";

/** Something of the map is not there, or no longer. */
export class Gone extends Error {}

/**
 * An answer of the map's data. Raises Gone where it is not there, a RequestFailed for any other refusal; `what` begins
 * the sentence.
 * @param {string} address
 * @param {string} what
 */
async function fetched(address, what) {
  try {
    return await request(address, `${what} did not arrive: the server answered {status}.`);
  } catch (error) {
    throw error instanceof RequestFailed && error.status === 404 ? new Gone("gone") : error;
  }
}

/**
 * The JSON of an address. The caller says of what type it is.
 * @param {string} address
 * @param {string} what
 */
export async function fetchJSON(address, what) {
  return (await fetched(address, what)).json();
}

/**
 * @param {string} address
 * @param {string} what
 */
export async function fetchBytes(address, what) {
  return new Uint8Array(await (await fetched(address, what)).arrayBuffer());
}
