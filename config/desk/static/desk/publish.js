// The publish button says the whole sentence, for the moment chosen.
const form = document.querySelector("[data-publish]");
if (form) {
  const button = form.querySelector("[data-sentence]");
  const from = form.querySelector("[name=effective_from]");
  const say = () => {
    const later = form.querySelector("[name=when]:checked")?.value === "at";
    const moment = from.value ? new Date(`${from.value}Z`) : null;
    const words = moment && !Number.isNaN(moment.getTime())
      ? moment.toLocaleString("en-GB", { timeZone: "UTC", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" }).replace(",", "") + " UTC"
      : "…";
    button.textContent = `Publish ${form.dataset.version} for ${form.dataset.accounts}, effective ${later ? words : "now"}`;
  };
  form.addEventListener("input", say);
  say();
}
