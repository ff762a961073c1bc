// A verdict, drawn check by check: what was asked, what was found, and where the rule comes from.

import { decode } from "./bytes.js";
import { make, terms } from "./element.js";
import { inLanguage, t } from "./texts.js";

/** Shown at once; the others stand behind a line that counts them. */
const JUDGED = ["passed", "failed", "skipped_by_policy"];
const MARKS = {
  passed: "✓",
  failed: "✕",
  skipped_by_policy: "–",
  not_applicable: "·",
  not_reached: "·",
};

/** The names of COSE algorithms that people know. */
const ALGORITHMS = {
  "-7": "ES256", "-8": "EdDSA", "-35": "ES384", "-36": "ES512", "-37": "PS256", "-257": "RS256",
  "-258": "RS384", "-259": "RS512", "-65535": "RS1",
};

/** An algorithm by its number, with its name where it has one. */
export const algorithm = (number) =>
  (ALGORITHMS[number] ? `${ALGORITHMS[number]} (${number})` : String(number));

/** Evidence as it stands in a verdict is English; what is said often is said in both languages. */
const found = (evidence) => {
  const alg = /^alg (-?\d+)$/.exec(evidence);
  if (alg) return algorithm(alg[1]);
  const key = `found.${evidence.replaceAll(" ", "_")}`;
  const text = t(key);
  return text === key ? evidence : text;
};

const source = (check) => check.address
  ? make("a", { href: check.address, rel: "noreferrer", target: "_blank" },
    check.specification, make("span", { class: "unseen" }, ` ${t("verdict.elsewhere")}`))
  : make("span", {}, check.specification);

const cell = (name, ...content) =>
  make("td", { role: "cell", class: name, "data-label": t(`verdict.${name}`) }, ...content);

const finding = (judged, failure) => {
  const evidence = judged.evidence ?? "";
  switch (judged.outcome) {
    case "passed":
      return evidence ? found(evidence) : make("span", { class: "soft" }, t("verdict.as_asked"));
    case "failed":
      return failure.found ? found(failure.found) : failure.message[inLanguage()];
    case "skipped_by_policy":
      return [t("verdict.not_judged"), " ", make("code", {}, evidence)];
    default:
      return evidence ? found(evidence) : "–";
  }
};

/** Where the check that failed stands in the table. */
const place = (ceremony, id) => `${ceremony}-${id}`;

const row = (judged, { failure, ceremony }, about, asked) => {
  const failed = failure?.check === judged.id ? failure : null;
  const expected = failed?.expected ?? asked[judged.id];
  return make("tr", {
    role: "row",
    id: failed ? place(ceremony, judged.id) : null,
    "data-check": judged.id,
    "data-outcome": judged.outcome,
  },
    cell("outcome",
      make("span", { class: "mark", "aria-hidden": "true" }, MARKS[judged.outcome]),
      t(`outcome.${judged.outcome}`)),
    make("th", { role: "rowheader", scope: "row", class: "check" },
      make("span", { class: "id" }, judged.id),
      make("span", { class: "source" }, source(about ?? judged))),
    cell("asked",
      make("span", { class: "rule" }, about?.rule[inLanguage()] ?? ""),
      expected ? make("span", { class: "expected" }, expected) : null),
    cell("found", finding(judged, failed)));
};

const table = (rows, caption) => make("table", { role: "table", class: "checks" },
  make("caption", { class: "unseen" }, caption),
  make("thead", { role: "rowgroup" }, make("tr", { role: "row" },
    ...["outcome", "check", "asked", "found"].map((name) =>
      make("th", { role: "columnheader", scope: "col", class: name }, t(`verdict.${name}`))))),
  make("tbody", { role: "rowgroup" }, ...rows));

/** Every check as a dot, in the order of judging: for the eye alone, the table says it all. */
const strip = (checks) => make("p", { class: "strip", "aria-hidden": "true" },
  ...checks.map((check) => make("span", { "data-outcome": check.outcome, title: check.id })));

/** An AAGUID as people write it; nothing where the authenticator names no model. */
const model = (aaguid) => {
  if (!aaguid) return null;
  const hex = Array.from(decode(aaguid), (byte) => byte.toString(16).padStart(2, "0")).join("");
  if (/^0+$/.test(hex)) return "";
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
};

const yes = (flag, one, other) => (flag ? t(one) : t(other));

const modelOf = (facts) => {
  const name = model(facts.aaguid);
  if (name === "") return t("fact.no_model");
  return name && `${name}, ${yes(facts.aaguid_verified, "fact.model_verified", "fact.model_claimed")}`;
};

const learned = ({ facts, tolerances }) => terms([
  [t("fact.origin"), facts.origin],
  [t("fact.format"), facts.fmt],
  [t("fact.attestation"), facts.attestation_type],
  [t("fact.model"), modelOf(facts)],
  [t("fact.algorithm"), facts.alg === undefined ? null : algorithm(facts.alg)],
  [t("fact.certificate"), facts.certificates?.[0]?.subject],
  [t("fact.anchor"), facts.anchor],
  [t("fact.user"), facts.flags && yes(facts.flags.uv, "fact.verified", "fact.not_verified")],
  [t("fact.backup"), facts.flags && yes(facts.flags.be, "fact.may_back_up", "fact.stays")],
  [t("fact.counter"), facts.sign_count === undefined ? null : String(facts.sign_count)],
  [t("fact.tolerances"), tolerances.join(", ")],
]);

const count = (checks, outcome) => checks.filter((check) => check.outcome === outcome).length;

/**
 * Draws a verdict. `checks` is what is known of every check by its id, `asked` what this ceremony
 * asked for, by check.
 */
export const verdict = (judged, checks, asked) => {
  const accepted = judged.decision === "accepted";
  const rows = (of) => of.map((check) => row(check, judged, checks.get(check.id), asked));
  const seen = judged.checks.filter((check) => JUDGED.includes(check.outcome));
  const rest = judged.checks.filter((check) => !JUDGED.includes(check.outcome));
  const failure = judged.failure && make("div", { class: "failure", "data-code": judged.failure.code },
    make("p", {}, make("a", { href: `#${place(judged.ceremony, judged.failure.check)}` },
      judged.failure.check), " ",
      judged.failure.message[inLanguage()]),
    make("p", { class: "soft" }, make("code", {}, judged.failure.code)));
  return make("article", {
    class: "verdict",
    "data-decision": judged.decision,
    "data-profile": judged.profile,
    "data-testid": `verdict-${judged.ceremony}`,
    "aria-label": `${t("verdict.title")}: ${t(`decision.${judged.decision}`)}`,
  },
  make("header", {},
    make("p", { class: "decision" },
      make("span", { class: "mark", "aria-hidden": "true" }, accepted ? "✓" : "✕"),
      make("strong", {}, t(`decision.${judged.decision}`))),
    make("p", { class: "under" }, t("verdict.under"), " ", make("code", {}, judged.profile))),
  failure,
  make("dl", { class: "facts" }, ...learned(judged)),
  strip(judged.checks),
  make("p", { class: "counts" }, t("verdict.counts", {
    passed: count(judged.checks, "passed"),
    failed: count(judged.checks, "failed"),
    skipped: count(judged.checks, "skipped_by_policy"),
  })),
  table(rows(seen), t("verdict.judged")),
  rest.length
    ? make("details", { class: "rest" },
      make("summary", {}, t(accepted ? "verdict.rest" : "verdict.rest_refused", { count: rest.length })),
      table(rows(rest), t("verdict.others")))
    : null,
  ...(judged.parts ?? []).map((part) => make("details", { class: "rest" },
    make("summary", {}, t(`part.${part.role}`)),
    table(part.checks.map((check) => row(check, { ...judged, failure: part.failure },
      checks.get(check.id), {})), t(`part.${part.role}`)))),
  make("details", { class: "raw" },
    make("summary", {}, t("verdict.raw")),
    make("pre", { tabindex: "0" }, JSON.stringify(judged, null, 2))));
};
