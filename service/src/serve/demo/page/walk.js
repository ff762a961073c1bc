// The walk: a device by SMS, a passkey, its enrollment, a transfer that it approves.

import { call, data, tell } from "./api.js";
import { encodeText } from "./bytes.js";
import { byId, make, terms } from "./element.js";
import { show } from "./outbox.js";
import { create, sign } from "./passkey.js";
import { again, called, done, finish, lead, open, result, work } from "./steps.js";
import { clear, draw, inLanguage, t } from "./texts.js";
import { algorithm, verdict } from "./verdict.js";

tell(called);
const [setup, list] = await Promise.all([data("setup"), data("checks")]);
const checks = new Map(list.map((check) => [check.id, check]));
const { account_key: account, approver, relying_party: party } = setup;
const walk = {};

const PAYEE = {
  account_branch: "0001",
  account_number: "1234567",
  account_digit: "8",
  owner_document_number: "12345678000195",
  owner_name: "Padaria São João",
  ispb: "32402502",
  account_type: "checking_account",
};

const short = (key) => make("code", { title: key }, `${key.slice(0, 8)}…`);

// --- 1. A device ---

draw(byId("who"), () => terms([
  [t("who.approver"), approver.name],
  [t("who.account"), `${setup.account.branch} / ${setup.account.number}-${setup.account.digit}`],
  [t("who.party"), `${party.name} (${party.id})`],
]));

const useCode = (code) => {
  byId("code").value = code;
  byId("validate-code").focus();
};

work(1, byId("request-code"), async () => {
  walk.device = crypto.randomUUID();
  walk.session = crypto.randomUUID();
  await call("app", "POST", `/account/${account}/device`, {
    device_key: walk.device,
    session_id: walk.session,
    tfa_info: { approver_document_number: approver.document_number, contact_type: "sms" },
  });
  byId("waiting").hidden = false;
  byId("request-code").hidden = true;
  await show(useCode, 1);
  byId("code").focus();
});

work(1, byId("resend-code"), async () => {
  await call("app", "PATCH", `/account/${account}/device/${walk.device}/resend_token`, {});
  await show(useCode, 1);
});

work(1, byId("code-form"), async () => {
  const token = byId("code").value.trim();
  await call("app", "PUT", `/account/${account}/device/${walk.device}/validate`, { token });
  done(1, () => make("p", {}, t("step1.done"), " ", short(walk.device)));
  open(2);
}, "submit");

// --- 2. A passkey ---

for (const code of document.querySelectorAll("[data-policy]")) {
  code.textContent = setup.policies[code.dataset.policy];
}

const SIGNALS = {
  device_id: crypto.randomUUID(),
  os_version: "0",
  user_time_zone_offset: "-03",
  language: "pt",
  screen_dimensions: { height: screen.height, width: screen.width },
  account_tenure: "2023-08-02",
  is_rooted_device: false,
  screen_brightness: 90,
  elapsed_time_since_boot: 6356027,
};

work(2, byId("make-passkey"), async () => {
  const choice = document.querySelector("[name=choice]:checked").value;
  const made = await call("initiator", "POST", "/open-finance/enrollments", {
    client_redirect_url: "https://payer.example/back",
    participant_id: "demo-initiator",
    logged_user_document: approver.document_number,
    permissions: ["PAYMENTS_INITIATE"],
  });
  walk.enrollment = made.id;
  const base = `/open-finance/enrollments/${made.id}/device`;
  const asked = await call("initiator", "POST", `${base}/risk-signal`, SIGNALS);
  walk.id = asked.id;
  await call("app", "POST", `/extensions/v1/open-finance/enrollments/${made.id}/confirmation`, {
    account_key: account,
    approver_document_number: approver.document_number,
    device_key: walk.device,
    decision: "approved",
  });
  await data(`choices/${made.id}`, "PUT", { choice });
  await call("initiator", "POST", `${base}/credentials`, { platform: "BROWSER" });
  walk.options = await call("initiator", "GET", `${base}/${walk.id}/credentials`);
  try {
    walk.credential = await create(walk.options);
  } catch (error) {
    // The options name what the person has already, and the authenticator has it.
    byId("release").hidden = error.code !== "InvalidStateError";
    throw error;
  }
  byId("release").hidden = true;
  done(2, () => madeOf(walk.credential));
  open(3);
});

work(2, byId("release"), async () => {
  const { devices } = await data("devices");
  for (const device of devices) {
    await call("app", "DELETE", `/account/${account}/device/${device}/disable`);
  }
  byId("release").hidden = true;
  // The device of this walk may be one of them, and then it has to be registered anew.
  if (devices.includes(walk.device)) location.reload();
  byId("make-passkey").focus();
});

const madeOf = (credential) => {
  const address = `/demo/inspector?lang=${inLanguage()}#${encodeText(JSON.stringify(credential))}`;
  return [
    make("p", {}, t("step2.done"), " ",
      make("code", { class: "cut" }, `${credential.device_credential_id.slice(0, 16)}…`)),
    make("p", {}, make("a", { href: address, target: "_blank", id: "inspect-credential" },
      t("step2.inspect"))),
  ];
};

// --- 3. Its enrollment ---

const registrationAsked = () => ({
  "CD-2": "webauthn.create",
  "CD-3": party.origins.join(", "),
  "CD-4": t("asked.same_origin"),
  "CD-7": t("asked.challenge"),
  "RP-1": party.id,
  "X-6": t("asked.present"),
  "X-7": t("asked.verified"),
  "X-9": walk.options.pub_key_cred_params.map((one) => algorithm(one.alg)).join(", "),
  "X-11": t("asked.anchor"),
  "RG-1": t("asked.unknown_id"),
});

work(3, byId("enroll"), async () => {
  let refused = null;
  try {
    const base = `/open-finance/enrollments/${walk.enrollment}/device/${walk.id}`;
    await call("initiator", "POST", base, walk.credential);
  } catch (error) {
    refused = error;
  }
  const path = `/extensions/v1/open-finance/enrollments/${walk.enrollment}/verdicts`;
  const judged = (await call("initiator", "GET", path)).verdicts[0]?.verdict;
  if (!judged) throw refused;
  done(3, () => refused
    ? make("p", { class: "refused", "data-code": refused.code }, t("step3.refused"), " ",
      make("code", {}, refused.code), " ", refused.text)
    : make("p", {}, t("step3.done")));
  draw(byId("registration-verdict"), () => verdict(judged, checks, registrationAsked()));
  byId("after-verdict").hidden = false;
  byId("continue").hidden = refused !== null;
  lead(byId("step-3").querySelector("[data-result]"), byId("step-3"));
});

work(3, byId("another-passkey"), async () => anotherPasskey());

const anotherPasskey = () => {
  again(2);
  again(3);
  clear(byId("registration-verdict"));
  byId("after-verdict").hidden = true;
  open(2);
};

work(3, byId("continue"), async () => open(4));

// --- 4. A transfer ---

draw(byId("payee"), () => terms([
  [t("payee.name"), PAYEE.owner_name],
  [t("payee.account"), `${PAYEE.ispb} / ${PAYEE.account_branch} / ${PAYEE.account_number}-${PAYEE.account_digit}`],
]));

const inReais = (amount) =>
  new Intl.NumberFormat(inLanguage(), { style: "currency", currency: "BRL" }).format(amount);

/** An amount as people write it, with a comma or a point before the cents. */
const amountOf = (text) => {
  const plain = /^\d{1,7}(?:[.,]\d{1,2})?$/.test(text.trim()) ? text.trim().replace(",", ".") : "";
  if (!(Number(plain) > 0)) throw { code: "AMOUNT", text: t("step4.amount_wrong") };
  return Number(plain);
};

work(4, byId("ted-form"), async () => {
  const amount = amountOf(byId("amount").value);
  walk.ted = await call("app", "POST", `/account/${account}/ted`, {
    request_control_key: crypto.randomUUID(),
    transaction_amount: amount,
    target_account: PAYEE,
    tfa_info: {
      approver_document_number: approver.document_number,
      contact_type: "device",
      session_id: walk.session,
    },
  });
  byId("ted-form").hidden = true;
  byId("ted-waiting").hidden = false;
  draw(byId("ted-order"), () => t("step4.order", { amount: inReais(amount), payee: PAYEE.owner_name }));
  byId("approve-ted").focus();
}, "submit");

const assertionAsked = () => ({
  "CD-2": "webauthn.get",
  "CD-3": party.origins.join(", "),
  "CD-4": t("asked.same_origin"),
  "CD-7": t("asked.order"),
  "RP-1": party.id,
  "X-6": t("asked.present"),
  "X-7": t("asked.verified"),
  "AS-1": t("asked.own"),
  "AS-3": t("asked.signature"),
});

work(4, byId("approve-ted"), async () => {
  const extension = `/extensions/v1/account/${account}/ted/${walk.ted.ted_key}`;
  const options = await call("app", "POST", `${extension}/sign-options`);
  const assertion = await sign(options);
  let refused = null;
  try {
    await call("app", "POST", `${extension}/assertion`, assertion);
    walk.ted = await call("app", "PUT", `/account/${account}/ted/${walk.ted.ted_key}/validate_token`, {});
  } catch (error) {
    refused = error;
  }
  const judged = await data(`verdicts/${walk.ted.ted_key}`).catch(() => null);
  if (refused && !judged) throw refused;
  if (refused) {
    result(4, () => make("p", { class: "refused", "data-code": refused.code }, t("step4.refused"), " ",
      make("code", {}, refused.code), " ", refused.text));
  } else {
    done(4, () => make("p", { id: "ted-status", "data-status": walk.ted.ted_status },
      t("step4.done", { amount: inReais(walk.ted.transaction_amount), payee: PAYEE.owner_name }), " ",
      make("code", {}, walk.ted.ted_status)));
    finish();
    byId("after-ted").hidden = false;
  }
  draw(byId("assertion-verdict"), () => verdict(judged, checks, assertionAsked()));
  lead(byId("step-4").querySelector("[data-result]"), byId("step-4"));
});

work(4, byId("another-ted"), async () => {
  again(4);
  clear(byId("assertion-verdict"));
  byId("ted-form").hidden = false;
  byId("ted-waiting").hidden = true;
  byId("after-ted").hidden = true;
  open(4);
});

byId("start-over").addEventListener("click", () => location.reload());

open(1, false);
document.body.dataset.ready = "true";
