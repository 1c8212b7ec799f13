// Event streams close while their tab is hidden and open again when it is looked at.
document.addEventListener("visibilitychange", () => {
  for (const stream of document.querySelectorAll("[sse-connect]")) {
    htmx.trigger(stream, "htmx:beforeCleanupElement");
    if (document.hidden) continue;
    htmx.trigger(stream, "htmx:afterProcessNode");
    const parts = stream.querySelectorAll("[sse-swap], [hx-trigger*='sse:']");
    for (const part of parts) htmx.trigger(part, "htmx:afterProcessNode");
  }
});
