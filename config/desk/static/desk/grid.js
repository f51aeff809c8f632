// The rate grid: arrows and Enter move, pasted cells of a spreadsheet fill rows, changed cells show what they were,
// margins follow what is typed. The server reckons them exactly; this reckons them soon.
const table = document.querySelector("[data-grid]");
if (table) {
  const body = table.tBodies[0];
  const template = document.getElementById("empty-row");
  const price = document.querySelector("[data-token-price]");
  const worths = { "": 1, ...JSON.parse(table.dataset.worths) };
  let next = body.rows.length;

  const isShown = (input) => !(table.classList.contains("d-plain") && input.closest(".d-extra"));
  const inputs = (row) => Array.from(row.querySelectorAll("td:not(.d-tools):not(.d-pick) input, td:not(.d-tools) select")).filter(isShown);
  const number = (text) => (text.trim() === "" ? NaN : Number(text));
  const brief = (amount) => amount.toLocaleString("en", { maximumSignificantDigits: 6, useGrouping: false });
  const tiers = (text) => text.split(";").filter((part) => part.trim()).map((part) => {
    const [, tokens, per] = part.trim().match(/^(?:beyond\s+)?\S+?\s*:\s*(\S+)(?:\s+per\s+(\S+))?$/i) || [];
    return [tokens || "", per || "1"];
  });
  const cellOf = (row, name) => row.querySelector(`[name$="-${name}"]`);
  // What a unit costs us: what the row says, else what its model costs, else null.
  const costOf = (row) => {
    const own = cellOf(row, "cost").value.trim();
    if (own !== "") return { amount: number(own), currency: cellOf(row, "cost_currency").value.trim(), source: "" };
    const { known, knownCurrency, knownTitle } = row.dataset;
    return known === undefined ? null : { amount: number(known), currency: knownCurrency, source: `, ${knownTitle}` };
  };
  table.costOf = costOf;
  const margin = (row) => {
    const cell = (name) => cellOf(row, name).value.trim();
    const { currency, unknown } = table.dataset;
    const spent = costOf(row);
    if (!spent) return { why: "No cost is written, and no model's cost applies." };
    if (Number.isNaN(number(price.value))) return { why: price.value.trim() ? "The price of a token can't be read." : unknown };
    if (!(spent.currency in worths)) return { why: `There is no rate of ${spent.currency} to ${currency}.` };
    if (cell("formula") !== "") return { why: "A formula has no price of one unit." };
    const cost = spent.amount * worths[spent.currency];
    const prices = [[cell("tokens"), cell("per") || "1"], ...tiers(cell("tiers"))].map(([tokens, per]) => number(tokens) / number(per));
    const brings = Math.min(...prices) * number(price.value);
    if (!Number.isFinite(cost) || !Number.isFinite(brings)) return { why: "The row can't be read." };
    const why = `${`A unit brings ${brief(brings)} and costs ${brief(cost)} ${currency}`.trim()}${spent.source}.`;
    if (!brings) return { why, isLoss: cost > 0 };
    const share = Math.round((1 - cost / brings) * 1000) / 1000 + 0;
    return { share, why, isLoss: share < 0 };
  };
  const weigh = (row) => {
    const cell = row.querySelector("[data-margin]");
    const { share, why, isLoss } = margin(row);
    const tenths = { minimumFractionDigits: 1, maximumFractionDigits: 1 };
    cell.textContent = share === undefined ? "–" : `${(share * 100).toLocaleString("en", tenths).replace("-", "−")} %`;
    cell.title = why;
    cell.classList.toggle("d-loss", Boolean(isLoss));
  };
  const weighAll = () => Array.from(body.rows).forEach(weigh);
  // A row that names another feature or model has another cost of its model: it is forgotten at once and asked for soon.
  const NAMES = ["feature", "dimensions"];
  const asked = new Set();
  let asking = 0;
  const know = (row, found) => {
    ["known", "knownCurrency", "knownTitle"].forEach((each) => { delete row.dataset[each]; });
    if (found) Object.assign(row.dataset, { known: found.cost, knownCurrency: found.currency, knownTitle: found.title });
    const cell = cellOf(row, "cost");
    cell.placeholder = found ? `${found.cost} ${found.currency}` : "";
    cell.title = found ? `Where this is empty: ${found.title}, now` : "";
    weigh(row);
  };
  const named = (row) => NAMES.map((name) => cellOf(row, name).value).join("\n");
  const ask = async () => {
    const rows = new Map([...asked].map((row) => [cellOf(row, "feature").name.split("-")[1], [row, named(row)]]));
    asked.clear();
    const sent = new FormData();
    sent.append("csrfmiddlewaretoken", table.closest("form").querySelector("[name=csrfmiddlewaretoken]").value);
    rows.forEach(([row]) => NAMES.forEach((name) => sent.append(cellOf(row, name).name, cellOf(row, name).value)));
    try {
      const answer = await fetch(table.dataset.costs, { method: "POST", body: sent, headers: { Accept: "application/json" } });
      Object.entries(answer.ok ? await answer.json() : {}).forEach(([place, found]) => {
        const [row, as] = rows.get(place);
        if (named(row) === as) know(row, found);
      });
    } catch { /* saving the draft tells them */ }
  };
  const askFor = (row) => {
    know(row, null);
    asked.add(row);
    window.clearTimeout(asking);
    asking = window.setTimeout(ask, 250);
  };
  const addRow = () => {
    const row = template.content.firstElementChild.cloneNode(true);
    row.querySelectorAll("[name]").forEach((each) => { each.name = each.name.replace("PLACE", String(next)); });
    row.classList.add("d-new");
    next += 1;
    body.append(row);
    weigh(row);
    return row;
  };
  // A row that is in force stays to be seen until the draft is saved, struck through and not sent; a new one goes.
  const remove = (row, isGone = !row.classList.contains("d-gone")) => {
    if (row.classList.contains("d-new")) row.remove();
    else {
      row.classList.toggle("d-gone", isGone);
      row.querySelectorAll("[name]").forEach((each) => { each.disabled = isGone; });
      const button = row.querySelector("[data-remove-row]");
      button.title = isGone ? "Keep this row" : "Remove this row";
      button.setAttribute("aria-label", button.title);
      button.firstElementChild.textContent = isGone ? "undo" : "close";
    }
    table.dispatchEvent(new Event("changed"));
  };
  table.removeRow = remove;
  const mark = (input) => {
    const cell = input.closest("td");
    if (input.dataset.was === undefined) input.dataset.was = cell.dataset.old ?? input.defaultValue ?? "";
    const was = input.dataset.was;
    const isNew = cell.parentElement.classList.contains("d-new");
    cell.classList.remove("d-wrong");
    cell.classList.toggle("d-changed", !isNew && input.value !== was);
    let ghost = cell.querySelector(".d-ghost");
    if (!isNew && input.value !== was && was !== "") {
      if (!ghost) { ghost = document.createElement("span"); ghost.className = "d-ghost"; cell.prepend(ghost); }
      ghost.textContent = was;
    } else if (ghost) ghost.remove();
    if (NAMES.some((name) => input === cellOf(cell.parentElement, name))) askFor(cell.parentElement);
    weigh(cell.parentElement);
    table.dispatchEvent(new Event("changed"));
  };
  table.markCell = mark;
  const put = (input, text) => {
    if (!input) return;
    if (!(input.matches("select") && text.trim() === "")) input.value = text.trim();
    mark(input);
  };
  // What a spreadsheet's first line calls the columns: cells below it go where it says. Null where it is a line of cells.
  const heads = {};
  Array.from(template.content.querySelectorAll("td:not(.d-pick) [name]:not([type=hidden])")).forEach((input, place) => {
    const column = input.name.split("-").at(-1);
    const head = table.tHead.rows[0].cells[place + 1].textContent.trim().toLowerCase();
    [column, column.replace("_", " "), head].forEach((word) => { heads[word] = column; });
  });
  Object.assign(heads, { feature: "feature", pattern: "feature", price: "tokens", cost: "cost", "cost currency": "cost_currency" });
  const columnsOf = (cells) => {
    const found = cells.map((cell) => heads[cell.trim().toLowerCase()]);
    return found.filter(Boolean).length > 1 || found[0] === "feature" ? found : null;
  };
  if (!body.rows.length) addRow();
  weighAll();
  const wrong = body.querySelector("[aria-invalid]");
  wrong?.scrollIntoView({ block: "center", inline: "center" });
  wrong?.focus({ preventScroll: true });
  price.addEventListener("input", weighAll);

  const extra = document.querySelector("[data-extra]");
  extra.addEventListener("click", () => {
    extra.setAttribute("aria-expanded", String(!table.classList.toggle("d-plain")));
  });
  document.querySelector("[data-add-row]").addEventListener("click", () => inputs(addRow())[0].focus());
  table.addEventListener("click", (event) => {
    const button = event.target.closest("[data-remove-row]");
    if (button) remove(button.closest("tr"));
  });
  table.addEventListener("focusin", (event) => {
    const input = event.target;
    if (input.matches("input, select") && input.dataset.was === undefined) {
      input.dataset.was = input.closest("td").dataset.old ?? input.value;
    }
  });
  table.addEventListener("input", (event) => mark(event.target));
  // What is typed and not saved is asked after before the page is left.
  let isUnsaved = "unsaved" in table.dataset;
  const form = table.closest("form");
  table.addEventListener("changed", () => { isUnsaved = true; });
  form.addEventListener("submit", () => { isUnsaved = false; });
  window.addEventListener("beforeunload", (event) => { if (isUnsaved) event.preventDefault(); });
  table.addEventListener("keydown", (event) => {
    const input = event.target;
    if (!input.matches("input")) return;
    const row = input.closest("tr");
    const column = inputs(row).indexOf(input);
    const edge = (end) => input.selectionStart === input.selectionEnd && input.selectionStart === (end ? input.value.length : 0);
    let to = null;
    if (event.key === "ArrowDown" || event.key === "Enter") {
      to = row.nextElementSibling || (event.key === "Enter" ? addRow() : null);
      event.preventDefault();
    } else if (event.key === "ArrowUp") { to = row.previousElementSibling; event.preventDefault(); }
    else if (event.key === "ArrowRight" && edge(true)) { inputs(row)[column + 1]?.focus(); event.preventDefault(); return; }
    else if (event.key === "ArrowLeft" && edge(false)) { inputs(row)[column - 1]?.focus(); event.preventDefault(); return; }
    if (to) { const target = inputs(to)[column]; target.focus(); target.select?.(); }
  });
  table.addEventListener("paste", (event) => {
    const text = event.clipboardData.getData("text");
    if (!/[\t\n]/.test(text.trim())) return;
    event.preventDefault();
    let row = event.target.closest("tr");
    const column = inputs(row).indexOf(event.target);
    const lines = text.replace(/\r/g, "").replace(/\n$/, "").split("\n").map((line) => line.split("\t"));
    const named = lines.length > 1 && columnsOf(lines[0]);
    (named ? lines.slice(1) : lines).forEach((cells, place) => {
      if (place) row = row.nextElementSibling || addRow();
      cells.forEach((cell, shift) => put(named ? named[shift] && cellOf(row, named[shift]) : inputs(row)[column + shift], cell));
    });
  });
}
