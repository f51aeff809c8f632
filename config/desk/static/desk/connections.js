// The fields: what was edited is marked, goes back by a press, and is tried on a record while somebody writes.
const mapping = document.querySelector("[data-mapping]");
if (mapping) {
  const mark = (row) => {
    const parts = [...row.querySelectorAll("input[type=text], textarea")];
    const isEdited = parts.some((each) => each.value.trim()) || Boolean(row.querySelector("input[type=checkbox]")?.checked);
    row.querySelector("[data-edited]").hidden = !isEdited;
    const back = row.querySelector("[data-as-it-was]");
    if (back) back.hidden = !isEdited;
  };
  // On a narrow page the table of what was found stands far below: each field says its own, and a bar what all come to.
  const tell = () => {
    const place = mapping.querySelector("[data-preview-result]");
    const bar = mapping.querySelector("[data-tried]");
    const found = {};
    place?.querySelectorAll("[data-look]").forEach((row) => {
      (found[row.dataset.look] ??= []).push(row.querySelector("[data-found]"));
    });
    mapping.querySelectorAll("[data-finds]").forEach((each) => {
      const cells = found[each.dataset.finds] ?? [];
      each.hidden = !cells.length;
      const shown = cells.slice(0, 3).flatMap((cell, n) => [n ? ", " : "finds ", ...cell.cloneNode(true).childNodes]);
      each.replaceChildren(...shown, cells.length > 3 ? `, and ${cells.length - 3} more` : "");
    });
    if (!bar) return;
    bar.hidden = !place?.dataset.comesTo;
    bar.textContent = place?.dataset.comesTo ?? "";
    bar.classList.toggle("d-fails", Boolean(place && "fails" in place.dataset));
  };
  tell();
  let waiting, asked = 0;
  const preview = async (asks = false) => {
    const place = mapping.querySelector("[data-preview-result]");
    const tried = mapping.elements.event?.value.trim() || mapping.elements.record?.value;
    if (!mapping.dataset.mapping || !place || !tried) return;
    const mine = ++asked;
    const body = new FormData(mapping);
    if (asks) body.set("ask", "1");
    try {
      const answer = await fetch(mapping.dataset.mapping, { method: "POST", body });
      if (mine !== asked || !answer.ok) return;
      place.outerHTML = await answer.text();
      tell();
    } catch { /* the next one may be answered */ }
  };
  const later = () => { window.clearTimeout(waiting); waiting = window.setTimeout(() => preview(), 300); };
  mapping.addEventListener("click", (event) => {
    const button = event.target.closest("[data-ask]");
    if (!button) return;
    event.preventDefault();
    button.disabled = true;
    window.clearTimeout(waiting);
    preview(true).finally(() => { button.disabled = false; });
  });
  mapping.addEventListener("input", (event) => {
    const row = event.target.closest("[data-field]");
    if (row) mark(row);
    later();
  });
  if (mapping.querySelector("[data-as-it-was]")) {
    const rows = [...mapping.querySelectorAll("[data-field]")];
    rows.forEach(mark);
    rows.forEach((row) => row.querySelector("[data-as-it-was]").addEventListener("click", () => {
      row.querySelectorAll("input[type=text], textarea").forEach((each) => { each.value = ""; });
      row.querySelectorAll("input[type=checkbox]").forEach((each) => { each.checked = false; });
      mark(row);
      later();
    }));
  }
}
