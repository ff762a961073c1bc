// The inspector: whatever is pasted, as a tree. Nothing is judged.

import { data } from "./api.js";
import { decodeText } from "./bytes.js";
import { byId, make } from "./element.js";
import { problem } from "./steps.js";
import { clear, draw, say, t } from "./texts.js";

/** What a browser sent for an enrollment of Open Finance: an attestation object without attestation. */
const EXAMPLE = "o2NmbXRkbm9uZWdhdHRTdG10oGhhdXRoRGF0YViYuaPcaIs3vOvomUZNWT85Y-SvtFN4ugAsg6-Cpli-WaddAAAAAPv8" +
  "MAcVTk7MjAtuAgVX170AFHQoRQbKiWuQcfBub1HDWdeMMANLpQECAyYgASFYIB-TUaUPl98PPse5YWj1Z_MG6Kom_lnK_4eVCpMdH-mz" +
  "IlggpuIxfx_WS5R4ICIvLt_qu5o6fuSk1xzd8hHbOcpgV3g";

const MOST = 60000;

const line = (node) => [
  make("span", { class: "label" }, node.label),
  node.value ? make("span", { class: "value" }, node.value) : null,
  node.note ? make("span", { class: "note" }, node.note) : null,
];

const branch = (node, depth) => {
  const children = node.children ?? [];
  if (!children.length) return make("li", {}, make("p", {}, ...line(node)));
  return make("li", {},
    make("details", { open: depth < 3 },
      make("summary", {}, ...line(node)),
      make("ul", {}, ...children.map((child) => branch(child, depth + 1)))));
};

const inspect = async (input) => {
  const where = document.querySelector("[data-problem]");
  clear(where);
  try {
    if (input.length > MOST) throw { code: "DEMO000413", text: t("inspector.too_long") };
    const tree = await data("inspect", "POST", { input });
    draw(byId("tree"), () => make("ul", { class: "tree", lang: "en" }, branch(tree, 0)));
    byId("decoded").hidden = false;
    say(t("inspector.done"));
    byId("decoded-title").focus();
  } catch (error) {
    byId("decoded").hidden = true;
    draw(where, () => problem(error));
  }
};

byId("inspect-form").addEventListener("submit", (event) => {
  event.preventDefault();
  inspect(byId("input").value);
});
byId("example").addEventListener("click", () => {
  byId("input").value = EXAMPLE;
  inspect(EXAMPLE);
});

// The walk hands over what the browser made in the part of the address that is not sent.
if (location.hash.length > 1) {
  byId("input").value = decodeText(location.hash.slice(1));
  await inspect(byId("input").value);
}
