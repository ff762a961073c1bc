// The four steps: which is open, what came of it, what went wrong, what was called.

import { byId, make } from "./element.js";
import { clear, draw, say, t } from "./texts.js";

const section = (step) => byId(`step-${step}`);
const place = (step, name) => section(step).querySelector(`[data-${name}]`);

let current = 1;
const calls = new Map();

const states = () => {
  for (const item of document.querySelectorAll("#stepper li")) {
    const step = Number(item.dataset.step);
    const state = step < current ? "done" : step === current ? "current" : "ahead";
    item.className = state;
    if (state === "current") item.setAttribute("aria-current", "step");
    else item.removeAttribute("aria-current");
    draw(item.querySelector("[data-state]"), () => ` (${t(`state.${state}`)})`);
  }
};

/** Leads everybody to an element: the eye by scrolling, the others by the focus. */
export const lead = (element, shown = element) => {
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  element.focus({ preventScroll: true });
  shown.scrollIntoView({ behavior: calm ? "auto" : "smooth", block: "start" });
};

/** Opens a step. Its heading takes the focus, so that everybody is led there. */
export const open = (step, focus = true) => {
  current = step;
  for (const each of [1, 2, 3, 4]) section(each).hidden = each > step;
  states();
  if (focus) lead(byId(`step-${step}-title`), section(step));
};

/** All four are behind. */
export const finish = () => {
  current = 5;
  states();
};

/** Hides the work of a step and says what came of it. */
export const done = (step, content) => {
  place(step, "work").hidden = true;
  result(step, content);
};

/** Says what came of a step. */
export const result = (step, content) => {
  const where = place(step, "result");
  where.hidden = false;
  draw(where, content);
};

/** Makes a step as it was at the beginning. */
export const again = (step) => {
  place(step, "work").hidden = false;
  place(step, "result").hidden = true;
  clear(place(step, "result"));
  clear(place(step, "problem"));
};

/** A problem, as a person reads it: what, and the code. */
export const problem = (error) => make("div", { class: "problem", "data-code": error.code ?? "" },
  make("p", {}, error.text || t("problem.unknown")),
  make("p", { class: "soft" }, make("code", {}, error.code ?? error.name ?? ""),
    error.status ? ` · HTTP ${error.status}` : "",
    error.retryAfter ? ` · ${t("problem.later", { seconds: error.retryAfter })}` : ""));

/** Says that something called a published route. */
export const called = (request) => {
  const requests = calls.get(current) ?? [];
  requests.push(request);
  calls.set(current, requests);
  const details = section(Math.min(current, 4)).querySelector(".requests");
  details.hidden = false;
  draw(details.querySelector("summary"), () => t("requests.title", { count: requests.length }));
  // Keys are long and say nothing to a person.
  const short = (path) => path.replace(/([0-9a-f]{8})-[0-9a-f-]{27}/g, "$1…");
  draw(details.querySelector("ol"), () => requests.map(({ as, method, path, status }) =>
    make("li", { "data-status": status },
      make("code", { class: "method" }, method), " ",
      make("code", { title: path }, short(path)), " ",
      make("span", { class: "status" }, String(status)), " ",
      make("span", { class: "soft" }, t(`caller.${as}`)))));
};

/** Does the work of a button: one at a time, with what goes wrong said in the step. */
export const work = (step, button, doing, what) => button.addEventListener(what ?? "click", async (event) => {
  event.preventDefault();
  const where = section(step);
  if (where.getAttribute("aria-busy") === "true") return;
  where.setAttribute("aria-busy", "true");
  clear(place(step, "problem"));
  say(t("walk.working"));
  try {
    await doing();
    say("");
  } catch (error) {
    draw(place(step, "problem"), () => problem(error));
    say("");
  } finally {
    where.removeAttribute("aria-busy");
  }
});
