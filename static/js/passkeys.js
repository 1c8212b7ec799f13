// Passkeys: a form with [data-passkey] asks its begin address for options and the browser for an answer, then is sent.
(() => {
  const asks = { create: "parseCreationOptionsFromJSON", get: "parseRequestOptionsFromJSON" };
  const say = (form, text) => {
    const place = form.querySelector("[data-passkey-says]");
    place.textContent = text;
    place.hidden = !text;
  };

  const ask = async (form) => {
    const kind = form.dataset.passkey;
    const headers = { "X-CSRFToken": form.elements.csrfmiddlewaretoken.value };
    const begun = await fetch(form.dataset.begin, { method: "POST", headers, redirect: "error" });
    if (!begun.ok) throw new Error("not begun");
    const publicKey = PublicKeyCredential[asks[kind]](await begun.json());
    form.elements.credential.value = JSON.stringify(await navigator.credentials[kind]({ publicKey }));
    form.submit();
  };

  document.addEventListener("submit", async (event) => {
    const form = event.target.closest("form[data-passkey]");
    if (!form) return;
    event.preventDefault();
    say(form, "");
    if (!window.PublicKeyCredential?.[asks[form.dataset.passkey]]) return say(form, "This browser knows no passkeys.");
    try {
      await ask(form);
    } catch {
      say(form, "No passkey was given. Try it again, or use another way.");
    }
  });
})();
