// What a page can do beyond its HTML: copy, dialogs, keys, and manners around htmx. Works on delegated events only.
(() => {
  const $ = (selector, root = document) => root.querySelector(selector);
  const $$ = (selector) => [...document.querySelectorAll(selector)];
  const on = (event, handle) => document.addEventListener(event, handle);
  const announce = (text) => ($("#announcer").textContent = text);

  // Copy: [data-copy="id"] takes the value or the text of that element.
  const copy = async (button) => {
    const source = document.getElementById(button.dataset.copy);
    try {
      await navigator.clipboard.writeText(source.value ?? source.textContent);
      announce("Copied");
    } catch {
      source.select ? source.select() : getSelection().selectAllChildren(source);
      announce("Selected. Press Ctrl or ⌘ and C to copy.");
    }
  };

  on("click", ({ target }) => {
    const button = target.closest("[data-copy], [data-opens], [data-retry]");
    if (!button) return;
    if (button.dataset.copy) copy(button);
    else if (button.dataset.opens) document.getElementById(button.dataset.opens).showModal();
    else retry();
  });

  // Keys, unless switched off. Never while typing, never with a modifier, never behind a dialog.
  const off = () => localStorage.getItem("shortcuts") === "off";
  const step = (by) => {
    const rows = $$(".listing .row-link").filter((row) => row.offsetParent);
    const now = rows.indexOf(document.activeElement);
    rows[Math.max(0, Math.min(rows.length - 1, now + by))]?.focus();
  };
  const search = () => [$(".site-search input"), $(".site-search button")].find((part) => part?.offsetParent)?.focus();
  const keys = {
    "/": search,
    "?": () => $("#shortcuts").showModal(),
    j: () => step(1),
    k: () => step(-1),
    Escape: () => $("[data-clears]")?.click(),
  };
  on("keydown", (event) => {
    const typing = event.target.closest("input, select, textarea, [contenteditable]");
    if (event.ctrlKey || event.metaKey || event.altKey || typing || off() || $("dialog:modal")) return;
    if (!Object.hasOwn(keys, event.key)) return;
    event.preventDefault();
    keys[event.key]();
  });
  const toggle = $("#shortcuts-on");
  if (toggle) {
    toggle.checked = !off();
    toggle.onchange = () => localStorage.setItem("shortcuts", toggle.checked ? "on" : "off");
  }

  // Swaps: busy while it lasts, one sentence when it is done, never a broken answer in place of a good page.
  let failed;
  const retry = () => {
    const button = failed.matches("form") ? $("[type=submit]", failed) : failed;
    $("#banners").replaceChildren();
    button.focus();
    button.click();
  };
  const refuse = ({ detail }) => {
    failed = detail.elt;
    const banner = $("#not-done").content.cloneNode(true);
    const why = $("[data-why]", banner);
    why.textContent = why.dataset[detail.xhr?.status] ?? why.textContent;
    $("[data-request-id]", banner).textContent = detail.xhr?.getResponseHeader("X-Request-Id") || "unknown";
    $("#banners").replaceChildren(banner);
    $("#banners > *").focus();
  };
  on("htmx:beforeRequest", ({ detail }) => detail.target.setAttribute("aria-busy", "true"));
  on("htmx:afterRequest", ({ detail }) => detail.target.removeAttribute("aria-busy"));
  on("htmx:afterSettle", ({ target }) => {
    const said = $("[data-announce]", target) ?? target.closest("[data-announce]");
    if (said) announce(said.dataset.announce);
    $("[data-focus]", target)?.focus();
  });
  on("htmx:responseError", refuse);
  on("htmx:sendError", refuse);
  $("[data-focus]")?.focus();
})();
