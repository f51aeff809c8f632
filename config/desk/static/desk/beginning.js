// The field for a time is there only where a later time is chosen.
const chosen = () => document.querySelector("[name=when]:checked")?.value;
const time = document.querySelector("[name=effective_from]")?.closest(".d-field");
if (time) {
  const show = () => { time.hidden = chosen() !== "at"; };
  document.addEventListener("input", show);
  show();
}
