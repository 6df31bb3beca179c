// Every request of a script goes through here: it sends the token against forged requests with what changes something,
// and an answer that is no success becomes an error whose message is a sentence for people.

/** An answer other than the one that was hoped for; `message` is what the server says of it, where it does. */
export class RequestFailed extends Error {
  /**
   * @param {string} message
   * @param {number} status
   * @param {Problem} problem
   */
  constructor(message, status, problem) {
    super(message);
    this.status = status;
    this.problem = problem;
  }
}

// Every form of a page that changes something carries the same one.
function csrfToken() {
  const field = document.querySelector("input[name=csrfmiddlewaretoken]");
  return field instanceof HTMLInputElement ? field.value : "";
}

/**
 * Asks, and gives the answer where it is a success or leads elsewhere unfollowed. Raises a RequestFailed for any other,
 * and a TypeError where no answer comes. `failure` is the sentence for an answer that says nothing itself; `{status}`
 * in it becomes the number.
 * @param {string} address
 * @param {string} failure
 * @param {RequestInit & { accept?: string }} [options]
 */
export async function request(address, failure, { accept = "application/json", headers, ...options } = {}) {
  const all = new Headers(headers);
  all.set("Accept", accept);
  if (options.method === "POST") all.set("X-CSRFToken", csrfToken());
  const response = await fetch(address, { ...options, headers: all });
  if (response.ok || response.type === "opaqueredirect") return response;
  const problem = await problemOf(response);
  const sentence = problem.detail ?? problem.error ?? failure.replace("{status}", String(response.status));
  throw new RequestFailed(sentence, response.status, problem);
}

/**
 * @param {Response} response
 * @returns {Promise<Problem>}
 */
async function problemOf(response) {
  if (!response.headers.get("Content-Type")?.includes("json")) return {};
  return response.json().catch(() => ({}));
}

/**
 * The JSON that an address answers with. The caller says of what type it is.
 * @param {string} address
 * @param {string} failure
 * @param {RequestInit} [options]
 */
export async function getJSON(address, failure, options = {}) {
  return (await request(address, failure, options)).json();
}

/**
 * The JSON that answers what is sent. A body of plain values goes as JSON, a form as a form.
 * @param {string} address
 * @param {FormData | URLSearchParams | Record<string, unknown>} body
 * @param {string} failure
 */
export async function postJSON(address, body, failure) {
  const isForm = body instanceof FormData || body instanceof URLSearchParams;
  const content = isForm ? { body } : { body: JSON.stringify(body), headers: { "Content-Type": "application/json" } };
  return (await request(address, failure, { method: "POST", ...content })).json();
}

/**
 * What went wrong, as a sentence.
 * @param {unknown} error
 */
export function sentenceOf(error) {
  return error instanceof Error ? error.message : String(error);
}
