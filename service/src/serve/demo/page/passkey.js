// Passkeys: what the service asks for goes to the browser, what the browser gives goes back. Nothing
// is changed on the way but the spelling of bytes.

import { Refused } from "./api.js";
import { decode, encode } from "./bytes.js";
import { inLanguage, t } from "./texts.js";

const descriptor = ({ id, type, transports }) => ({
  id: decode(id),
  type,
  ...(transports?.length ? { transports } : {}),
});

const KNOWN = ["NotAllowedError", "InvalidStateError", "SecurityError", "NotSupportedError",
  "AbortError", "ConstraintError", "UnknownError"];

/** What the browser says no with, as a refusal that a person can read. */
const refused = (error) => {
  const name = KNOWN.includes(error.name) ? error.name : "UnknownError";
  return new Refused(0, error.name, { [inLanguage()]: t(`passkey.${name}`) });
};

const asked = async (of) => {
  if (!globalThis.PublicKeyCredential) {
    throw new Refused(0, "NotSupportedError", { [inLanguage()]: t("passkey.NotSupportedError") });
  }
  try {
    return await of();
  } catch (error) {
    throw refused(error);
  }
};

/** Makes a credential by the options of `GET …/device/{id}/credentials`; gives the body of the
 *  published route that enrolls it. */
export const create = async (options) => {
  const selection = {
    userVerification: options.user_verification,
    residentKey: options.resident_key,
    requireResidentKey: options.require_resident_key,
  };
  if (options.authenticator_attachment) {
    selection.authenticatorAttachment = options.authenticator_attachment;
  }
  const publicKey = {
    rp: { id: options.rp_id, name: options.rp_name },
    user: {
      id: decode(options.user_id),
      name: options.user_name,
      displayName: options.user_display_name,
    },
    challenge: decode(options.challenge),
    pubKeyCredParams: options.pub_key_cred_params,
    timeout: options.timeout,
    excludeCredentials: options.exclude_credentials.map(descriptor),
    authenticatorSelection: selection,
    attestation: options.attestation,
    extensions: options.extensions ?? {},
  };
  const made = await asked(() => navigator.credentials.create({ publicKey }));
  const body = {
    device_credential_id: made.id,
    device_credential_raw_id: encode(made.rawId),
    device_credential_client_data_json: encode(made.response.clientDataJSON),
    device_credential_attestation_object: encode(made.response.attestationObject),
    device_credential_type: made.type,
    client_extension_results: made.getClientExtensionResults(),
  };
  if (made.authenticatorAttachment) {
    body.device_credential_authenticator_attachment = made.authenticatorAttachment;
  }
  return body;
};

/** Signs by the options of `POST …/sign-options`; gives the body of the assertion. */
export const sign = async (options) => {
  const publicKey = {
    challenge: decode(options.challenge),
    timeout: options.timeout,
    rpId: options.rpId,
    allowCredentials: options.allowCredentials.map(descriptor),
    userVerification: options.userVerification,
  };
  const signed = await asked(() => navigator.credentials.get({ publicKey }));
  const response = {
    clientDataJSON: encode(signed.response.clientDataJSON),
    authenticatorData: encode(signed.response.authenticatorData),
    signature: encode(signed.response.signature),
  };
  if (signed.response.userHandle) response.userHandle = encode(signed.response.userHandle);
  const body = {
    id: signed.id,
    rawId: encode(signed.rawId),
    response,
    type: signed.type,
    clientExtensionResults: signed.getClientExtensionResults(),
  };
  if (signed.authenticatorAttachment) {
    body.authenticatorAttachment = signed.authenticatorAttachment;
  }
  return body;
};
