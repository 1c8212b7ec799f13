// Event streams: closed while their tab is hidden, opened again where they left off when it is looked at.
(() => {
  const at = (url) => new URL(url, location);
  const last = {};

  // The browser sends Last-Event-ID when it reconnects by itself; a source made anew begins after the last event.
  htmx.createEventSource = (url) => {
    const target = at(url);
    if (last[url]) target.searchParams.set("after", last[url]);
    return new EventSource(target);
  };
  document.addEventListener("htmx:sseMessage", ({ target, detail }) => {
    const stream = target.closest("[sse-connect]");
    if (stream && detail.lastEventId) last[stream.getAttribute("sse-connect")] = detail.lastEventId;
  });

  const ended = new WeakSet();
  document.addEventListener("htmx:sseClose", ({ target, detail }) => detail.type === "message" && ended.add(target));
  document.addEventListener("visibilitychange", () => {
    for (const stream of document.querySelectorAll("[sse-connect]")) {
      if (ended.has(stream)) continue;
      htmx.trigger(stream, "htmx:beforeCleanupElement");
      if (document.hidden) continue;
      for (const part of [stream, ...stream.querySelectorAll("[sse-swap]")]) htmx.trigger(part, "htmx:afterProcessNode");
    }
  });
})();
