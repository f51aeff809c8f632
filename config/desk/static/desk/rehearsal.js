// A rehearsal or a re-rating that is under way moves its bar, and the page shows the result when there is one. Without a script it reloads.
const progress = document.querySelector("[data-progress]");
if (progress) {
  const bar = progress.querySelector("i");
  const words = document.querySelector("[data-progress-words]");
  const amount = (value) => value.toLocaleString("en-GB");
  const ask = async () => {
    try {
      const answer = await fetch(progress.dataset.progress, { headers: { Accept: "application/json" } });
      const told = await answer.json();
      if (!told.under_way) { window.location.reload(); return; }
      bar.style.width = `${told.percent}%`;
      progress.setAttribute("aria-valuenow", told.percent);
      const of = told.of || "lines";
      if (told.total) words.textContent = `${amount(told.done)} of ${amount(told.total)} ${of}`;
      else if (told.done) words.textContent = `${amount(told.done)} ${of} looked at`;
    } catch { /* the next one may be answered */ }
    window.setTimeout(ask, 1000);
  };
  window.setTimeout(ask, 1000);
}
// From and until are asked for where no length of time is chosen.
const period = document.querySelector("[data-period]");
if (period) {
  const show = () => {
    const isOther = period.querySelector("[name=days]:checked")?.value === "other";
    ["since", "until"].forEach((name) => { period.querySelector(`[name=${name}]`).closest(".d-field").hidden = !isOther; });
  };
  period.addEventListener("input", show);
  show();
}
// A version or an instant is asked for, as the prices are of one or the other.
const prices = document.querySelector("[data-prices]");
if (prices) {
  const show = () => {
    const isVersion = prices.querySelector("[name=prices]:checked")?.value === "version";
    prices.querySelector("[name=version]").closest(".d-field").hidden = !isVersion;
    prices.querySelector("[name=priced_at]").closest(".d-field").hidden = isVersion;
  };
  prices.addEventListener("input", show);
  show();
}
