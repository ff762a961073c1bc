// Requests. The published routes are called as the bank's app or as an initiator of Open Finance; the
// keys of both stay in the service.

import { inLanguage, t } from "./texts.js";

/** A refusal with its code, and a text in each language where there are two. */
export class Refused extends Error {
  constructor(status, code, texts, retryAfter) {
    super(code);
    Object.assign(this, { status, code, texts, retryAfter });
  }

  get text() {
    return this.texts[inLanguage()] ?? Object.values(this.texts)[0] ?? "";
  }
}

/** Whoever listens is told of every published route that was called. */
let told = () => {};
export const tell = (listener) => { told = listener; };

const refusal = (status, body, retryAfter) => {
  const open = body?.errors?.[0];
  if (open) {
    const text = [open.title, open.detail].filter(Boolean).join(" ");
    return new Refused(status, open.code, { [inLanguage()]: text }, retryAfter);
  }
  const texts = { "pt-BR": body?.translation, "en-US": body?.description };
  return new Refused(status, body?.code ?? `HTTP ${status}`, texts, retryAfter);
};

const send = async (path, method, headers, body) => {
  const request = { method, headers: { ...headers, "x-lang": inLanguage() }, cache: "no-store" };
  if (body !== undefined) {
    request.headers["content-type"] = "application/json";
    request.body = JSON.stringify(body);
  }
  let answer;
  try {
    answer = await fetch(path, request);
  } catch {
    throw new Refused(0, "OFFLINE", { [inLanguage()]: t("problem.offline") });
  }
  const text = await answer.text();
  let json = null;
  try {
    json = text ? JSON.parse(text) : null;
  } catch {
    json = null;
  }
  return { status: answer.status, ok: answer.ok, json, retry: answer.headers.get("retry-after") };
};

/** Calls a published route as `app` or `initiator`, with the headers that its page demands. */
export const call = async (as, method, path, body) => {
  const headers = {};
  if (path.includes("/open-finance/")) {
    headers["nonce"] = crypto.randomUUID();
    headers["x-transaction-uuid"] = crypto.randomUUID();
    headers["x-include-replay-protection-schema"] = "nonce";
    headers["x-customer-user-agent"] = navigator.userAgent;
  }
  const answer = await send(`/demo/api/${as}${path}`, method, headers, body);
  told({ as, method, path, status: answer.status });
  if (!answer.ok) throw refusal(answer.status, answer.json, answer.retry);
  return answer.json;
};

/** Asks for data of the demonstration. */
export const data = async (what, method = "GET", body = undefined) => {
  const answer = await send(`/demo/data/${what}`, method, {}, body);
  if (!answer.ok) throw refusal(answer.status, answer.json, answer.retry);
  return answer.json;
};
