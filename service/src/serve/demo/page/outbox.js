// What was «sent».

import { data } from "./api.js";
import { byId, make } from "./element.js";
import { problem } from "./steps.js";
import { clear, draw, inLanguage, t } from "./texts.js";

const CODE = /(?:Código|Code|código é|code is):\s*([0-9A-Za-z]{6})\b/;

/** The code in a message, if there is one. */
export const codeIn = (message) => CODE.exec(message.text)?.[1] ?? null;

const message = (one, use) => {
  const code = codeIn(one);
  const parts = code ? one.text.split(code) : [one.text];
  const time = new Date(one.at);
  return make("li", { "data-testid": "message", "data-code": code, "data-number": one.number },
    make("p", { class: "soft" },
      make("span", {}, t(`channel.${one.channel}`)), " · ", one.to, " · ",
      make("time", { datetime: one.at }, time.toLocaleTimeString(inLanguage()))),
    make("p", {}, parts[0], code ? make("strong", { class: "code" }, code) : null, parts.slice(1).join(code ?? "")),
    code && use ? useButton(code, use) : null);
};

const useButton = (code, use) => {
  const button = make("button", { type: "button", "data-testid": "use-code" }, t("outbox.use"));
  button.addEventListener("click", () => use(code));
  return make("p", { class: "actions" }, button);
};

let newest = null;

/** Draws the messages, the newest first. What has not changed is not drawn again, because whoever
 *  listens would hear it again. */
export const show = async (use = null, most = 100) => {
  const { messages } = await data("outbox");
  const number = messages[0]?.number ?? 0;
  if (number === newest) return;
  newest = number;
  const shown = messages.slice(0, most);
  draw(byId("outbox"), () => shown.length
    ? shown.map((one) => message(one, use))
    : [make("li", { class: "soft" }, t("outbox.empty"))]);
};

// On its own page it looks by itself as long as somebody looks at it.
if (document.body.dataset.page === "outbox") {
  const where = document.querySelector("[data-problem]");
  const look = async () => {
    try {
      await show();
      clear(where);
    } catch (error) {
      draw(where, () => problem(error));
    }
  };
  byId("refresh").addEventListener("click", look);
  setInterval(() => { if (!document.hidden) look(); }, 3000);
  await look();
}
