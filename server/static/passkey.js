"use strict";
// Asks the browser for a passkey and puts its answer into the form that carries the question.
(() => {
  const bytes = (text) => Uint8Array.from(
    atob(text.replace(/-/g, "+").replace(/_/g, "/")), (one) => one.charCodeAt(0));
  const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const credentials = (list) => (list || []).map((one) => ({...one, id: bytes(one.id)}));

  const ask = async (question, make) => {
    const options = {...question, challenge: bytes(question.challenge)};
    if (make) {
      options.user = {...question.user, id: bytes(question.user.id)};
      options.excludeCredentials = credentials(question.excludeCredentials);
      return navigator.credentials.create({publicKey: options});
    }
    options.allowCredentials = credentials(question.allowCredentials);
    return navigator.credentials.get({publicKey: options});
  };

  const answer = (given) => {
    const from = given.response;
    const response = {clientDataJSON: text(from.clientDataJSON)};
    if (from.attestationObject) {
      response.attestationObject = text(from.attestationObject);
      response.transports = from.getTransports ? from.getTransports() : [];
    } else {
      response.authenticatorData = text(from.authenticatorData);
      response.signature = text(from.signature);
      response.userHandle = from.userHandle ? text(from.userHandle) : null;
    }
    return JSON.stringify({id: given.id, rawId: text(given.rawId), type: given.type, response});
  };

  for (const form of document.querySelectorAll("form[data-passkey]")) {
    if (!window.PublicKeyCredential) continue;
    const field = form.elements.namedItem("answer");
    const failed = form.querySelector("[data-failed]");
    form.hidden = false;
    for (const one of document.querySelectorAll("[data-no-passkeys]")) one.hidden = true;
    form.addEventListener("submit", async (event) => {
      if (field.value) return;
      event.preventDefault();
      failed.hidden = true;
      try {
        field.value = answer(await ask(JSON.parse(form.dataset.question), form.dataset.passkey === "make"));
      } catch (error) {
        failed.hidden = false;
        return;
      }
      form.submit();
    });
  }
})();
