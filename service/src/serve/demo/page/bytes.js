// Bytes as base64url, in which they travel.

export const encode = (buffer) => {
  const text = Array.from(new Uint8Array(buffer), (byte) => String.fromCharCode(byte)).join("");
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
};

export const decode = (text) => {
  const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (character) => character.charCodeAt(0));
};

/** A text as base64url, for the part of an address that is not sent. */
export const encodeText = (text) => encode(new TextEncoder().encode(text));

export const decodeText = (text) => new TextDecoder().decode(decode(text));
