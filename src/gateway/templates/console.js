// Comfort only: every page does without.
(() => {
  "use strict";
  for (const button of document.querySelectorAll("button[data-copy]")) {
    const source = document.getElementById(button.dataset.copy);
    if (!source || !navigator.clipboard) continue;
    const label = button.textContent;
    button.hidden = false;
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(source.value ?? source.textContent);
        button.textContent = "Copied";
      } catch {
        button.textContent = "Select and copy by hand";
      }
      setTimeout(() => { button.textContent = label; }, 2000);
    });
  }

  const search = document.querySelector("input[data-filter]");
  if (!search) return;
  const status = document.getElementById("found");
  const groups = [...document.querySelectorAll("[data-group]")].map((group) => {
    const title = group.dataset.group.toLowerCase();
    const rows = [...group.querySelectorAll("[data-text]")];
    return { group, rows: rows.map((row) => ({ row, text: `${title} ${row.dataset.text}`.toLowerCase() })) };
  });
  const filter = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let found = 0;
    for (const { group, rows } of groups) {
      let here = 0;
      for (const { row, text } of rows) {
        const fits = words.every((word) => text.includes(word));
        if (row.hidden === fits) row.hidden = !fits;
        here += fits ? 1 : 0;
      }
      group.hidden = here === 0;
      found += here;
    }
    if (status) status.textContent = found === 1 ? "1 role" : `${found} roles`;
  };
  search.addEventListener("input", filter);

  // Arrow keys walk from the search through the roles and back; Tab goes on as everywhere.
  document.addEventListener("keydown", (event) => {
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    const stops = [search, ...document.querySelectorAll("[data-text]:not([hidden]) button")];
    const at = stops.indexOf(document.activeElement);
    if (at < 0) return;
    const next = stops[at + (event.key === "ArrowDown" ? 1 : -1)];
    if (!next) return;
    event.preventDefault();
    next.focus();
  });
})();
