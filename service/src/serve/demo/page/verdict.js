// A verdict, drawn check by check: what was asked, what was found, and where the rule comes from.

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

const source = (check) => check.address
  ? make("a", { href: check.address, rel: "noreferrer", target: "_blank" },
    check.specification, make("span", { class: "unseen" }, ` ${t("verdict.elsewhere")}`))
  : make("span", {}, check.specification);

const cell = (label, name, ...content) =>
  make("td", { role: "cell", class: name, "data-label": label }, ...content);

const row = (judged, failure, about, asked) => {
  const failed = failure?.check === judged.id;
  const expected = (failed ? failure.expected : null) ?? asked[judged.id] ?? null;
  const found = (failed ? failure.found ?? failure.message[inLanguage()] : null)
    ?? judged.evidence ?? null;
  const policy = judged.outcome === "skipped_by_policy";
  return make("tr", { role: "row", "data-check": judged.id, "data-outcome": judged.outcome },
    make("td", { role: "cell", class: "outcome", "data-label": t("verdict.outcome") },
      make("span", { class: "mark", "aria-hidden": "true" }, MARKS[judged.outcome]),
      make("span", {}, t(`outcome.${judged.outcome}`))),
    make("th", { role: "rowheader", scope: "row", "data-label": t("verdict.check") },
      make("span", { class: "id" }, judged.id),
      make("span", { class: "rule" }, about?.rule[inLanguage()] ?? ""),
      make("span", { class: "source" }, source(about ?? judged))),
    cell(t("verdict.asked"), "asked", policy ? t("verdict.by_policy") : expected ?? "–"),
    cell(t("verdict.found"), "found",
      policy ? make("code", {}, judged.evidence ?? "") : found ?? "–"));
};

const table = (rows, caption) => make("table", { role: "table", class: "checks" },
  make("caption", { class: "unseen" }, caption),
  make("thead", { role: "rowgroup" }, make("tr", { role: "row" },
    ...["outcome", "check", "asked", "found"].map((name) =>
      make("th", { role: "columnheader", scope: "col", class: name }, t(`verdict.${name}`))))),
  make("tbody", { role: "rowgroup" }, ...rows));

const yes = (flag, one, other) => (flag ? t(one) : t(other));

const learned = (facts) => terms([
  [t("fact.origin"), facts.origin],
  [t("fact.format"), facts.fmt],
  [t("fact.attestation"), facts.attestation_type],
  [t("fact.model"), facts.aaguid && `${facts.aaguid} (${
    yes(facts.aaguid_verified, "fact.model_verified", "fact.model_claimed")})`],
  [t("fact.algorithm"), facts.alg === undefined ? null : String(facts.alg)],
  [t("fact.anchor"), facts.anchor && (facts.anchor.name ?? facts.anchor.subject ?? String(facts.anchor))],
  [t("fact.user"), facts.flags && yes(facts.flags.uv, "fact.verified", "fact.not_verified")],
  [t("fact.backup"), facts.flags && yes(facts.flags.be, "fact.may_back_up", "fact.stays")],
  [t("fact.counter"), facts.sign_count === undefined ? null : String(facts.sign_count)],
]);

const count = (checks, outcome) => checks.filter((check) => check.outcome === outcome).length;

/**
 * Draws a verdict. `checks` is what is known of every check by its id, `asked` what this ceremony
 * asked for, by check.
 */
export const verdict = (judged, checks, asked) => {
  const accepted = judged.decision === "accepted";
  const rows = (of) => of.map((check) => row(check, judged.failure, checks.get(check.id), asked));
  const seen = judged.checks.filter((check) => JUDGED.includes(check.outcome));
  const rest = judged.checks.filter((check) => !JUDGED.includes(check.outcome));
  const failure = judged.failure && make("div", { class: "failure", "data-code": judged.failure.code },
    make("p", {}, make("strong", {}, judged.failure.check), " ",
      judged.failure.message[inLanguage()]),
    make("p", { class: "soft" }, make("code", {}, judged.failure.code)));
  return make("article", {
    class: "verdict",
    "data-decision": judged.decision,
    "data-profile": judged.profile,
    "data-testid": `verdict-${judged.ceremony}`,
    "aria-label": t("verdict.title"),
  },
  make("header", {},
    make("p", { class: "decision" },
      make("span", { class: "mark", "aria-hidden": "true" }, accepted ? "✓" : "✕"),
      make("strong", {}, t(`decision.${judged.decision}`))),
    make("p", { class: "under" }, t("verdict.under"), " ", make("code", {}, judged.profile))),
  failure,
  make("dl", { class: "facts" }, ...learned(judged.facts)),
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
  make("details", { class: "raw" },
    make("summary", {}, t("verdict.raw")),
    make("pre", { tabindex: "0" }, JSON.stringify(judged, null, 2))));
};
