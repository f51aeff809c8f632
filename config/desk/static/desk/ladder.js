// Steps of a policy: rows come and go without a reload, and each shows the columns that its kind has.
const steps = document.querySelector("[data-steps]");
if (steps) {
  const body = steps.tBodies[0];
  const template = document.querySelector("[data-step]");
  const add = document.querySelector("[data-add-step]");
  let next = body.rows.length;

  const kind = (row) => row.querySelector("select");
  const fit = (row) => {
    const takes = (kind(row).selectedOptions[0].dataset.takes || "").split(" ");
    row.querySelectorAll("[data-column]").forEach((input) => {
      const isTaken = takes.includes(input.dataset.column);
      input.hidden = !isTaken;
      if (!isTaken) input.value = "";
    });
  };
  const dress = (row) => {
    row.querySelector("[data-remove-step]").hidden = false;
    fit(row);
  };

  Array.from(body.rows).forEach((row) => { if (kind(row).value) dress(row); else row.remove(); });
  add.hidden = false;
  add.addEventListener("click", () => {
    const made = document.createElement("tbody");
    made.innerHTML = template.innerHTML.replaceAll("NUMBER", String(next));
    next += 1;
    const row = made.rows[0];
    body.append(row);
    dress(row);
    kind(row).focus();
  });
  steps.addEventListener("change", (event) => { if (event.target.matches("select")) fit(event.target.closest("tr")); });
  steps.addEventListener("click", (event) => {
    const button = event.target.closest("[data-remove-step]");
    if (button) { button.closest("tr").remove(); add.focus(); }
  });
}
