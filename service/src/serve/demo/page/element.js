// Elements, made of text and never of markup.

/** An element with attributes and children; what is null or false is left out. */
export const make = (name, attributes = {}, ...children) => {
  const element = document.createElement(name);
  for (const [attribute, value] of Object.entries(attributes)) {
    if (value === null || value === false || value === undefined) continue;
    element.setAttribute(attribute, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
};

/** The element with an id. */
export const byId = (id) => document.getElementById(id);

/** A list of terms and what they are: pairs of texts or elements. */
export const terms = (pairs) => pairs
  .filter(([, value]) => value !== null && value !== undefined && value !== "")
  .map(([term, value]) => make("div", {}, make("dt", {}, term), make("dd", {}, value)));
