// A form is sent once: its buttons rest while the answer is on its way. The server keeps the promise, this keeps it calm.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("form.d-form")) return;
  if (form.dataset.sent) { event.preventDefault(); return; }
  form.dataset.sent = "1";
  window.setTimeout(() => form.querySelectorAll("button[type=submit]").forEach((button) => { button.disabled = true; }), 0);
});
window.addEventListener("pageshow", () => {
  document.querySelectorAll("form.d-form").forEach((form) => {
    delete form.dataset.sent;
    form.querySelectorAll("button[type=submit]").forEach((button) => { button.disabled = false; });
  });
});
// The open tab is in sight where the row of tabs is wider than the window.
document.addEventListener("DOMContentLoaded", () => {
  const tab = document.querySelector(".d-tab[aria-current]");
  if (tab) tab.parentElement.scrollLeft = tab.offsetLeft - (tab.parentElement.clientWidth - tab.offsetWidth) / 2;
});
// A menu closes when something else is clicked.
document.addEventListener("click", (event) => {
  document.querySelectorAll("details.d-menu[open]").forEach((menu) => { if (!menu.contains(event.target)) menu.open = false; });
});
// The theme writes the name of a chosen file into the nearest text field, which is here a field of its own.
document.addEventListener("DOMContentLoaded", () => {
  document.querySelectorAll(".d-form input[type=file]").forEach((input) => { input.hasChangeListener = true; });
});
// On a narrow screen the rows of a table are cards: each cell says what its column is called.
document.addEventListener("DOMContentLoaded", () => {
  document.querySelectorAll(".d-scroll > .d-table:not(.d-fit, .d-grid), #result_list").forEach((table) => {
    const heads = [...table.querySelectorAll(":scope > thead > tr:only-child > *")];
    if (heads.some((head) => head.colSpan > 1)) return;
    const names = heads.map((head) => {
      const parts = [...(head.querySelector(".text") ?? head).childNodes].map((part) => part.textContent.trim());
      return parts.filter((part) => part).join(", ");
    });
    table.querySelectorAll(":scope > tbody > tr").forEach((row) => {
      const cells = [...row.children];
      if (cells.length !== names.length) return;
      cells.forEach((cell, place) => { if (names[place]) cell.dataset.label = names[place]; });
    });
    table.classList.toggle("d-stacked", table.classList.contains("d-table"));
    table.classList.toggle("d-unnamed", !names.length);
  });
});
// In a list, figures below one another stand at the right.
document.addEventListener("DOMContentLoaded", () => {
  const figure = /^[−+±-]?[\d,]+(\.\d+)?( ?%| s| [A-Za-z0-9_.-]{1,16})?$/;
  const heads = [...document.querySelectorAll("#result_list > thead > tr > th")];
  const rows = [...document.querySelectorAll("#result_list > tbody > tr.data-row")].filter((row) => row.children.length === heads.length);
  heads.forEach((head, place) => {
    const column = rows.map((row) => row.children[place]);
    const said = column.map((cell) => cell.textContent.trim()).filter((text) => text && text !== "–");
    if (!said.length || column.some((cell) => cell.tagName !== "TD")) return;
    if (said.every((text) => figure.test(text))) [head, ...column].forEach((cell) => cell.classList.add("d-figures"));
  });
});
// What is shown to be copied is copied by a press, where the browser lets pages do that.
document.addEventListener("DOMContentLoaded", () => {
  if (!navigator.clipboard) return;
  document.querySelectorAll(".d-secret").forEach((shown) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "d-button d-small-button d-copy";
    button.innerHTML = '<span class="material-symbols-outlined" aria-hidden="true">content_copy</span>Copy';
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(shown.textContent.trim());
      button.lastChild.textContent = "Copied";
    });
    shown.after(button);
  });
});
// For those who hear pages or have no mouse: where the content is, what searching selects ask for, and tables that scroll.
window.addEventListener("load", () => {
  document.getElementById("content")?.setAttribute("role", "main");
  document.querySelectorAll(".d-scroll").forEach((box) => { if (box.scrollWidth > box.clientWidth) box.tabIndex = 0; });
  // The searching selects are made when jQuery is ready, which may be later than this.
  window.django?.jQuery?.(() => document.querySelectorAll(".select2-container").forEach((box) => {
    const label = document.querySelector(`label[for="${box.previousElementSibling?.id}"]`)?.textContent.replace("*", "").trim();
    if (label) box.querySelectorAll("[role=combobox], [role=textbox]").forEach((each) => each.setAttribute("aria-label", label));
  }));
});
