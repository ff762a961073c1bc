// Says on the console what the browser refused to do for a page's policy. Put into every page by the
// test.
"use strict";

addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI, sourceFile }) => {
  console.error("policy", violatedDirective, blockedURI, sourceFile);
});
