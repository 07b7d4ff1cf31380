// Asking the server, and telling its answers from those of a hotel network, a proxy or nobody.

export const API = "plumbline/1";
const TIMEOUT_MS = 20000;
const LITTLE = 16 * 1024; // bytes; no server or proxy has a limit as low

const seconds = (header) => (/^\d+$/.test(header ?? "") ? Number(header) : 0);

async function parsed(response) {
  if (!/\bjson\b/.test(response.headers.get("content-type") ?? "")) return null;
  try {
    const body = await response.json();
    return body?.api === API ? body : null;
  } catch {
    return null;
  }
}

function stranger(status, after, size) {
  // who refuses even this little refuses everything: it says nothing of what was sent
  if (status === 413 && size > LITTLE) return { kind: "problem", status, code: "too_large", title: "" };
  if (status === 413 || status === 429 || (status >= 500 && status !== 511))
    return { kind: "retry", status, after };
  return { kind: "portal", status }; // a page where data was asked for: the network wants a login
}

/**
 * {kind: "ok", body, tag} (body null: what carried `tag` still stands) · {kind: "problem", status, code, title, body} · {kind: "retry", after} (seconds, 0 unknown)
 * · {kind: "login"} · {kind: "portal"} · {kind: "offline"}. Never throws.
 */
export async function ask(method, url, { json, bytes, digest, tag, timeout = TIMEOUT_MS } = {}) {
  const headers = { Accept: "application/json" };
  if (method !== "GET") headers["X-Plumbline"] = "1";
  if (tag) headers["If-None-Match"] = tag;
  if (json) headers["Content-Type"] = "application/json";
  if (bytes) headers["Content-Type"] = "application/octet-stream";
  if (digest) headers["Content-Digest"] = `sha-256=:${digest}:`;
  const sent = json ? JSON.stringify(json) : bytes;
  let response;
  let body;
  try {
    response = await fetch(url, {
      method,
      headers,
      body: sent,
      redirect: "manual",
      credentials: "same-origin",
      signal: AbortSignal.timeout(timeout),
    });
    body = await parsed(response);
  } catch {
    return { kind: "offline" };
  }
  const { status } = response;
  if (status === 304 && tag) return { kind: "ok", status, body: null };
  const after = seconds(response.headers.get("retry-after"));
  if (response.type === "opaqueredirect" || status === 0) return { kind: "portal", status };
  if (!body) return stranger(status, after, sent?.length ?? sent?.byteLength ?? 0);
  if (status === 200 || status === 201)
    return { kind: "ok", status, body, tag: response.headers.get("etag") };
  if (status === 401) return { kind: "login", code: body.code };
  if (status === 429 || status >= 500) return { kind: "retry", status, after };
  return { kind: "problem", status, code: body.code ?? "refused", title: body.title ?? "", body };
}

/** The clock of the server minus ours in milliseconds, and who is signed in; proves that it is our server. */
export async function ping() {
  const nonce = crypto.randomUUID();
  const sent = Date.now();
  const answer = await ask("GET", `/api/v1/ping?n=${nonce}`);
  if (answer.kind !== "ok") return answer;
  if (answer.body.n !== nonce) return { kind: "portal" };
  const offset = Math.round(answer.body.now - (sent + Date.now()) / 2);
  return { ...answer, offset, person: answer.body.person };
}
