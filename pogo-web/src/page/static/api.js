// The public API, by addresses relative to the page: it works under any prefix.

export const ROOT = new URL("../v1/", document.baseURI).href;

// Where a token is needed, it comes behind the # of the first address, as from a terminal, or is asked for. It is never in an address that is sent.
let token = null;
const keep = (value) => {
  token = value;
  try {
    sessionStorage.setItem("pogo-token", value);
  } catch {
    /* for this page alone */
  }
};
try {
  token = sessionStorage.getItem("pogo-token");
} catch {
  /* none is kept */
}
const given = /^#token=([^&]+)/.exec(location.hash);
if (given) {
  keep(decodeURIComponent(given[1]));
  history.replaceState(null, "", location.pathname + location.search);
}
export const credentials = () => token;
export const giveToken = keep;

export class Problem extends Error {
  constructor(status, document) {
    super(document.detail || document.title || `the server answered ${status}`);
    this.status = status;
    this.kind = String(document.type || "").replace("urn:pogo:problem:", "");
  }
}

let wasKnown = false;

// Nothing that is asked takes longer; what does is on a connection that is dead.
const PATIENCE = 30000;

async function request(path, options = {}) {
  const headers = { accept: "application/json", ...(options.headers || {}) };
  if (token) headers.authorization = `Bearer ${token}`;
  let response, text;
  try {
    const signals = [options.signal, options.method ? null : AbortSignal.timeout(PATIENCE)].filter(Boolean);
    const all = { ...options, headers, signal: AbortSignal.any(signals), credentials: "same-origin", cache: "no-store" };
    response = await fetch(new URL(path, ROOT), all);
    text = await response.text();
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem(0, { detail: "the server cannot be reached; this page goes on by itself when it is back" });
  }
  let document = {};
  try {
    document = JSON.parse(text);
  } catch {
    /* said by its status */
  }
  if (!response.ok) {
    const problem = new Problem(response.status, document);
    // Whoever was known, and is not any more: said once the page has begun.
    if (response.status === 401 && wasKnown) dispatchEvent(new CustomEvent("pogo-unknown", { detail: problem }));
    throw problem;
  }
  if (path === "session") wasKnown = true;
  return document;
}

export const get = (path, signal) => request(path, { signal });

export const post = (path) => request(path, { method: "POST" });

const part = encodeURIComponent;
export const inNamespace = (ns, path = "") => `namespaces/${part(ns)}${path}`;
export const query = (parameters) => {
  const pairs = Object.entries(parameters).filter(([, value]) => value !== undefined && value !== null && value !== "");
  return pairs.length ? `?${new URLSearchParams(pairs)}` : "";
};
export const seg = (value) => part(String(value));

// What an order would lead to, in the server's words.
export const preview = (ns, what, signal) =>
  request(inNamespace(ns, "/preview"), {
    method: "POST",
    signal,
    body: JSON.stringify({ order: what, reason: "preview" }),
    headers: { "content-type": "application/json" },
  });

// What a job would do if it were submitted now.
export const plan = (ns, job) =>
  request(inNamespace(ns, "/plan"), {
    method: "POST",
    body: JSON.stringify({ job }),
    headers: { "content-type": "application/json" },
  });

// An order is sent under an id of its own: sent again, it is carried out once.
export async function order(ns, what, reason) {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  const id = `page-${[...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
  const command = { request: id, order: what };
  if (reason) command.reason = reason;
  const body = JSON.stringify(command);
  const send = () =>
    request(inNamespace(ns, "/orders"), { method: "POST", body, headers: { "content-type": "application/json" } });
  try {
    return await send();
  } catch (problem) {
    if (problem.status) throw problem;
    await new Promise((done) => setTimeout(done, 1500));
    return send();
  }
}
