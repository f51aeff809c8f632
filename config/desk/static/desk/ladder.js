// Steps of a policy: rows come and go without a reload, and each shows the columns that its kind has.
const steps = document.querySelector("[data-steps]");
if (steps) {
  const template = document.querySelector("[data-step]");
  const add = document.querySelector("[data-add-step]");
  const limit = document.querySelector("[name=limit]")?.closest(".d-field");
  let next = steps.children.length;

  const kind = (row) => row.querySelector("select");
  const fit = (row) => {
    const chosen = kind(row).selectedOptions[0].dataset;
    const takes = (chosen.takes || "").split(" ");
    row.querySelectorAll("[data-column]").forEach((column) => {
      column.hidden = !takes.includes(column.dataset.column);
      if (column.hidden) column.querySelector("input").value = "";
    });
    row.querySelector("[data-words]").textContent = chosen.amount || "Amount";
  };
  const dress = (row) => {
    row.querySelector("[data-remove-step]").hidden = false;
    fit(row);
  };
  const ask = () => { limit.hidden = document.querySelector("[name=mode]:checked")?.value !== "limited"; };

  Array.from(steps.children).forEach((row) => { if (kind(row).value) dress(row); else row.remove(); });
  add.hidden = false;
  add.addEventListener("click", () => {
    steps.insertAdjacentHTML("beforeend", template.innerHTML.replaceAll("NUMBER", String(next)));
    next += 1;
    dress(steps.lastElementChild);
    kind(steps.lastElementChild).focus();
  });
  steps.addEventListener("change", (event) => { if (event.target.matches("select")) fit(event.target.closest("[data-row]")); });
  steps.addEventListener("click", (event) => {
    const button = event.target.closest("[data-remove-step]");
    if (button) { button.closest("[data-row]").remove(); add.focus(); }
  });
  if (limit) {
    document.querySelectorAll("[name=mode]").forEach((each) => each.addEventListener("change", ask));
    ask();
  }
}
