// Texts in two languages, and whatever is drawn with them. The language stands in the address, or is
// what the browser asks for.

import { byId } from "./element.js";

const LANGUAGES = ["pt-BR", "en-US"];

const asked = () => new URL(location.href).searchParams.get("lang");

const preferred = () => {
  const of = (tag) => LANGUAGES.find((language) => tag.slice(0, 2) === language.slice(0, 2));
  return navigator.languages.map(of).find(Boolean) ?? LANGUAGES[0];
};

let language = LANGUAGES.includes(asked()) ? asked() : preferred();
let texts = {};
const drawn = new Map();

/** `pt-BR` or `en-US`. */
export const inLanguage = () => language;

/** A text, with what stands in braces filled in. */
export const t = (key, values = {}) =>
  (texts[key] ?? key).replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");

/** Draws into a place, now and again whenever the language changes. */
export const draw = (place, content) => {
  drawn.set(place, content);
  place.replaceChildren(...[content()].flat().filter(Boolean));
};

/** Forgets what was drawn into a place, and empties it. */
export const clear = (place) => {
  drawn.delete(place);
  place.replaceChildren();
};

/** Tells whoever listens with their ears. */
export const say = (text) => {
  const status = byId("status");
  if (status) status.textContent = text;
};

const dress = () => {
  document.documentElement.lang = language;
  for (const place of document.querySelectorAll("[data-text]")) {
    place.textContent = t(place.dataset.text);
  }
  for (const place of document.querySelectorAll("[data-label]")) {
    place.setAttribute("aria-label", t(place.dataset.label));
  }
  document.title = `${t(document.body.dataset.title)} · device-enrollment`;
  for (const link of document.querySelectorAll(".masthead nav a")) {
    const address = new URL(link.href);
    address.searchParams.set("lang", language);
    link.href = address.pathname + address.search;
  }
  for (const button of document.querySelectorAll("[data-language]")) {
    button.setAttribute("aria-pressed", String(button.dataset.language === language));
  }
  for (const [place, content] of drawn) draw(place, content);
};

const read = async (wanted) => {
  const answer = await fetch(`/demo/texts/${wanted}.json`);
  return answer.json();
};

const speak = async (wanted) => {
  texts = await read(wanted);
  language = wanted;
  const address = new URL(location.href);
  address.searchParams.set("lang", wanted);
  history.replaceState(null, "", address);
  dress();
};

for (const button of document.querySelectorAll("[data-language]")) {
  button.addEventListener("click", () => speak(button.dataset.language));
}
texts = await read(language);
dress();
