// What a bank's page does: it asks the service, makes or uses a credential by what is answered, and
// posts what came of it. Put into every page by the test.
"use strict";

globalThis.client = (() => {
  let key = "";
  let waiting = null;

  const ask = async (method, path, body) => {
    const headers = {
      authorization: "Bearer " + key,
      nonce: crypto.randomUUID(),
      "x-transaction-uuid": crypto.randomUUID(),
      "x-include-replay-protection-schema": "nonce",
      "content-type": "application/json",
    };
    const answer = await fetch(path, { method, headers, body: body && JSON.stringify(body) });
    const text = await answer.text();
    return { status: answer.status, body: text ? JSON.parse(text) : null };
  };

  // What the browser made of it, or the name of what it threw.
  const outcome = (promise) =>
    promise.then((credential) => credential.toJSON(), (error) => ({ error: error.name }));

  // The options of «Get Open Finance Device Enrollment Credential by ID» as the Recommendation
  // spells them.
  const options = (answer) => ({
    rp: { id: answer.rp_id, name: answer.rp_name },
    user: { id: answer.user_id, name: answer.user_name, displayName: answer.user_display_name },
    challenge: answer.challenge,
    pubKeyCredParams: answer.pub_key_cred_params,
    timeout: answer.timeout,
    excludeCredentials: answer.exclude_credentials,
    authenticatorSelection: {
      userVerification: answer.user_verification,
      requireResidentKey: answer.require_resident_key,
      residentKey: answer.resident_key,
      ...(answer.authenticator_attachment && {
        authenticatorAttachment: answer.authenticator_attachment,
      }),
    },
    attestation: answer.attestation,
    extensions: answer.extensions,
  });

  return {
    ask,
    setKey: (given) => { key = given; },

    // Makes a credential by the options at a path; `changes` are what a careless or hostile page
    // would ask for instead.
    create: async (path, changes) => {
      const answer = await ask("GET", path);
      if (answer.status !== 200) return answer;
      const json = { ...options(answer.body), ...changes };
      const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(json);
      return outcome(navigator.credentials.create({ publicKey }));
    },

    get: (json, changes) => {
      const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON({ ...json, ...changes });
      return outcome(navigator.credentials.get({ publicKey }));
    },

    // Begins one of the two above without waiting for it.
    begin: (name, ...values) => {
      waiting = { done: false };
      const begun = waiting;
      client[name](...values).then((value) => Object.assign(begun, { done: true, value }));
    },
    isDone: () => waiting.done,
    ended: () => waiting.value,
  };
})();
