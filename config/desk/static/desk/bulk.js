// Beside the grid: what chosen rows may be done to at once, and what the draft changes, as it is typed.
const rates = document.querySelector("[data-grid]");
if (rates) {
  const rows = () => Array.from(rates.tBodies[0].rows);
  const input = (row, name) => row.querySelector(`[name$="-${name}"]`);
  const text = (row, name) => input(row, name).value.trim();
  const first = (each) => (each.options ? (Array.from(each.options).find((one) => one.defaultSelected) ?? each.options[0]).value : each.defaultValue);
  const was = (row, name) => { const each = input(row, name); return (each.closest("td").dataset.old ?? first(each)).trim(); };
  const isNew = (row) => row.classList.contains("d-new");
  const isGone = (row) => row.classList.contains("d-gone");

  // Exact decimals: a whole number and how many of its digits stand after the point.
  const PLACES = 12;
  const decimal = (said) => {
    const [, sign, whole, rest = ""] = said.trim().match(/^(-?)(\d+)(?:\.(\d+))?$/) || [];
    return whole === undefined ? null : { digits: BigInt(sign + whole + rest), places: rest.length };
  };
  const times = (one, other) => ({ digits: one.digits * other.digits, places: one.places + other.places });
  const spelled = ({ digits, places }) => {
    let [value, scale] = [digits, places];
    if (scale > PLACES) {
      const cut = 10n ** BigInt(scale - PLACES);
      value = (value * 2n + cut) / (cut * 2n);
      scale = PLACES;
    }
    const padded = value.toString().padStart(scale + 1, "0");
    const point = padded.length - scale;
    return (scale ? `${padded.slice(0, point)}.${padded.slice(point)}`.replace(/\.?0+$/, "") : padded);
  };

  const bulk = document.querySelector("[data-bulk]");
  const said = bulk.querySelector("[data-bulk-said]");
  const boxes = () => Array.from(rates.tBodies[0].querySelectorAll("[data-pick]"));
  const picked = () => boxes().filter((box) => box.checked).map((box) => box.closest("tr")).filter((row) => !isGone(row));
  const showPicked = () => {
    const count = picked().length;
    bulk.hidden = !count;
    bulk.querySelector("[data-picked]").textContent = String(count);
  };
  rates.addEventListener("change", (event) => {
    if (event.target.matches("[data-pick-all]")) boxes().forEach((box) => { box.checked = event.target.checked; });
    if (event.target.matches("[data-pick], [data-pick-all]")) { said.textContent = ""; showPicked(); }
  });
  const put = (row, name, value) => { input(row, name).value = value; rates.markCell(input(row, name)); };
  const tell = (done, all) => { said.textContent = done === all ? `${done} changed.` : `${done} of ${all} changed; the others have no cost, or not one price.`; };

  const scale = (sign) => {
    const share = decimal(bulk.querySelector("[data-percent]").value);
    if (!share) { said.textContent = "Write the percent as a number."; return; }
    const hundred = { digits: 100n * 10n ** BigInt(share.places) + sign * share.digits, places: share.places + 2 };
    if (hundred.digits < 0n) { said.textContent = "A price can't fall by more than all of it."; return; }
    const scaled = (amount) => { const number = decimal(amount); return number ? spelled(times(number, hundred)) : amount; };
    const chosen = picked();
    const done = chosen.filter((row) => {
      if (!decimal(text(row, "tokens"))) return false;
      put(row, "tokens", scaled(text(row, "tokens")));
      if (text(row, "tiers")) put(row, "tiers", text(row, "tiers").replace(/(:\s*)([\d.]+)/g, (_, colon, amount) => colon + scaled(amount)));
      return true;
    });
    tell(done.length, chosen.length);
  };
  bulk.querySelector("[data-raise]").addEventListener("click", () => scale(1n));
  bulk.querySelector("[data-lower]").addEventListener("click", () => scale(-1n));
  bulk.querySelector("[data-drop]").addEventListener("click", () => { picked().forEach((row) => rates.removeRow(row, true)); showPicked(); });

  const worths = { "": 1, ...JSON.parse(rates.dataset.worths) };
  const price = document.querySelector("[data-token-price]");
  // Four digits, upwards, so that the margin is not under what is asked; what a double can't hold adds no step.
  const fourDigits = (amount) => {
    const last = Math.max(Math.floor(Math.log10(amount)) - 3, -PLACES);
    const steps = BigInt(Math.ceil(amount / 10 ** last - 1e-9));
    return last < 0 ? spelled({ digits: steps, places: -last }) : spelled({ digits: steps * 10n ** BigInt(last), places: 0 });
  };
  bulk.querySelector("[data-match]").addEventListener("click", () => {
    const margin = Number(bulk.querySelector("[data-margin-wanted]").value) / 100;
    const token = Number(price.value);
    if (!(margin < 1) || !(token > 0)) { said.textContent = "A margin is below 100 %, and a token needs a price above."; return; }
    const chosen = picked();
    const done = chosen.filter((row) => {
      const { amount, currency } = rates.costOf(row) ?? { amount: NaN, currency: "" };
      const wanted = ((amount * worths[currency]) / (token * (1 - margin))) * Number(text(row, "per") || "1");
      if (!(wanted > 0) || text(row, "formula") || text(row, "tier_mode")) return false;
      put(row, "tokens", fourDigits(wanted));
      return true;
    });
    tell(done.length, chosen.length);
  });

  // The rail.
  const FIELDS = ["tokens", "per", "tier_mode", "tiers", "formula", "seats", "minimum", "rounding", "cost", "cost_currency"];
  const rail = document.querySelector("[data-rail]");
  const brief = (amount) => amount.toLocaleString("en", { maximumFractionDigits: 2 });
  const unit = (tokens, per) => Number(tokens || NaN) / Number(per || "1");
  const share = (before, after) => {
    const change = (after / before - 1) * 100;
    return Number.isFinite(change) && change ? ` (${change > 0 ? "+" : "−"}${Math.abs(change).toLocaleString("en", { maximumFractionDigits: 1 })} %)` : "";
  };
  const entry = (row) => {
    const line = document.createElement("li");
    const name = document.createElement("strong");
    name.textContent = text(row, "feature");
    line.append(name);
    if (text(row, "dimensions")) line.append(` ${text(row, "dimensions")}`);
    const what = document.createElement("div");
    if (isGone(row)) what.textContent = "removed";
    else if (isNew(row)) what.textContent = `new: ${text(row, "formula") || `${text(row, "tokens")} for ${text(row, "per") || 1}`}`;
    else {
      what.textContent = FIELDS.filter((each) => text(row, each) !== was(row, each)).map((each) => {
        const change = each === "tokens" ? share(unit(was(row, each), was(row, "per")), unit(text(row, each), text(row, "per"))) : "";
        return `${each === "tokens" ? "" : `${each.replace("_", " ")} `}${was(row, each) || "none"} → ${text(row, each) || "none"}${change}`;
      }).join("; ");
    }
    line.append(what);
    return line;
  };
  const SHOWN = 60;
  const show = () => {
    const known = rows().filter((row) => text(row, "feature"));
    const kinds = { gone: known.filter(isGone), new: known.filter((row) => isNew(row)) };
    kinds.changed = known.filter((row) => !isGone(row) && !isNew(row) && FIELDS.some((each) => text(row, each) !== was(row, each)));
    Object.entries(kinds).forEach(([kind, found]) => { rail.querySelector(`[data-count="${kind}"]`).textContent = String(found.length); });
    const told = [...kinds.changed, ...kinds.new, ...kinds.gone];
    const list = rail.querySelector("[data-changes]");
    list.replaceChildren(...told.slice(0, SHOWN).map(entry));
    if (told.length > SHOWN) list.append(Object.assign(document.createElement("li"), { textContent: `and ${told.length - SHOWN} more` }));
    const used = known.filter((row) => Number(row.dataset.used) && !isNew(row));
    const sum = (of) => used.reduce((total, row) => { const each = Number(row.dataset.used) * of(row); return total + (Number.isFinite(each) ? each : 0); }, 0);
    const before = sum((row) => unit(was(row, "tokens"), was(row, "per")));
    const after = sum((row) => (isGone(row) ? 0 : unit(text(row, "tokens"), text(row, "per"))));
    rail.querySelector("[data-impact]").hidden = !before;
    rail.querySelector("[data-impact-said]").textContent = `${brief(before)} → ${brief(after)} tokens${share(before, after)}`;
  };
  let waiting = 0;
  rates.addEventListener("changed", () => { window.clearTimeout(waiting); waiting = window.setTimeout(() => { show(); showPicked(); }, 120); });
  show();
}
