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
