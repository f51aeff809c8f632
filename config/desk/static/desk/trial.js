// What a trial would do, while it is typed: tokens before and after, its life, how long it lasts at the present pace.
const summary = document.querySelector("[data-trial]");
const form = document.querySelector("form.d-form");
if (summary && form) {
  const at = (name) => summary.querySelector(`[data-${name}]`);
  const amount = (value) => value.toLocaleString("en-GB", { maximumFractionDigits: 6 });
  const day = (moment) => moment.toLocaleString("en-GB", { timeZone: "UTC", day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit" }) + " UTC";
  const before = Number(summary.dataset.before);
  const say = () => {
    const given = Number(form.tokens.value.replace(/[ ,]/g, ""));
    const days = Number(form.days.value);
    const start = form.starts_at.value ? new Date(`${form.starts_at.value}Z`) : null;
    const isGiven = given > 0;
    at("tokens").textContent = isGiven ? `+${amount(given)}` : "–";
    at("after").textContent = amount(isGiven ? before + given : before);
    at("begins").textContent = start ? day(start) : "now";
    at("expires").textContent = days > 0 ? day(new Date((start || new Date()).getTime() + days * 86400000)) : "–";
    const pace = at("pace");
    if (pace) pace.textContent = isGiven ? `about ${Math.max(1, Math.floor((before + given) / Number(pace.dataset.aDay)))} days` : "–";
  };
  form.addEventListener("input", say);
  say();
}
