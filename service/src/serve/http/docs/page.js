// Draws the OpenAPI document. Every text of it goes in as text, never as markup.
"use strict";

const element = (name, text, ...children) => {
  const made = document.createElement(name);
  if (text) made.textContent = text;
  made.append(...children);
  return made;
};

const table = (heads, rows) => {
  const head = element("tr", "", ...heads.map((text) => element("th", text)));
  const body = rows.map((cells) => element("tr", "", ...cells.map((cell) =>
    cell instanceof Node ? element("td", "", cell) : element("td", cell))));
  return element("table", "", element("thead", "", head), element("tbody", "", ...body));
};

const draw = (api) => {
  // What a reference points at, if it is in this document.
  const resolve = (node) => {
    if (!node || !node.$ref) return node;
    const steps = node.$ref.replace(/^#\//, "").split("/");
    return steps.reduce((found, step) => found && found[step], api);
  };

  // A schema as lines of text, bounded in depth because schemas may hold themselves.
  const shape = (node, indent, depth) => {
    const schema = resolve(node) || {};
    const pad = "  ".repeat(indent);
    if (depth === 0) return "…";
    const either = schema.oneOf || schema.anyOf;
    if (either) return either.map((one) => shape(one, indent, depth - 1)).join(" | ");
    if (schema.allOf) return schema.allOf.map((one) => shape(one, indent, depth - 1)).join(" & ");
    if (schema.enum) return schema.enum.map((one) => JSON.stringify(one)).join(" | ");
    if (schema.items) return "[" + shape(schema.items, indent, depth - 1) + "]";
    if (schema.properties) {
      const required = schema.required || [];
      const lines = Object.entries(schema.properties).map(([name, value]) => {
        const mark = required.includes(name) ? "" : "?";
        const about = (resolve(value) || {}).description || value.description;
        const comment = about ? "  // " + about.split("\n")[0] : "";
        return pad + "  " + name + mark + ": " + shape(value, indent + 1, depth - 1) + comment;
      });
      return "{\n" + lines.join("\n") + "\n" + pad + "}";
    }
    const type = [].concat(schema.type || "any").join(" | ");
    return schema.format ? type + " (" + schema.format + ")" : type;
  };

  const content = (media) => Object.entries(media || {}).map(([kind, value]) =>
    element("div", "", element("code", kind), element("pre", shape(value.schema, 0, 8))));

  const operation = (method, path, item) => {
    const summary = element("summary", "",
      Object.assign(element("span", method.toUpperCase()), { className: "method" }),
      element("code", path),
      " " + (item.summary || ""));
    const parts = [summary];
    if (item.description) parts.push(element("p", item.description));
    const parameters = (item.parameters || []).map(resolve);
    if (parameters.length) {
      parts.push(element("h4", "Parameters"), table(["name", "in", "required", "about"],
        parameters.map((one) => [
          element("code", one.name), one.in, one.required ? "yes" : "no", one.description || "",
        ])));
    }
    const request = resolve(item.requestBody);
    if (request) parts.push(element("h4", "Body"), ...content(request.content));
    parts.push(element("h4", "Answers"));
    for (const [status, answer] of Object.entries(item.responses || {})) {
      const found = resolve(answer) || {};
      parts.push(element("p", "", element("strong", status), " " + (found.description || "")));
      parts.push(...content(found.content));
    }
    return element("details", "", ...parts);
  };

  document.getElementById("title").textContent = api.info.title + " " + api.info.version;
  document.getElementById("about").textContent = api.info.description || "";
  const groups = new Map((api.tags || []).map((tag) => [tag.name, { about: tag.description, list: [] }]));
  const methods = ["get", "post", "put", "patch", "delete"];
  for (const [path, item] of Object.entries(api.paths)) {
    for (const method of methods.filter((one) => item[one])) {
      const tag = (item[method].tags || ["other"])[0];
      if (!groups.has(tag)) groups.set(tag, { list: [] });
      groups.get(tag).list.push(operation(method, path, item[method]));
    }
  }
  const main = document.getElementById("operations");
  main.replaceChildren();
  for (const [name, group] of groups) {
    if (!group.list.length) continue;
    main.append(element("h2", name));
    if (group.about) main.append(element("p", group.about));
    main.append(...group.list);
  }
};

fetch("/openapi.json")
  .then((answer) => answer.json())
  .then(draw)
  .catch(() => {
    document.getElementById("operations").replaceChildren(
      element("p", "The document could not be read."));
  });
