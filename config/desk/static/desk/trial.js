// Of the offers beside the form only the one chosen is shown; without a choice all of them.
const form = document.querySelector("form.d-form");
const offers = [...document.querySelectorAll("[data-offer]")];
if (form && offers.length) {
  const show = () => {
    const chosen = form.elements.offer.value;
    for (const each of offers) each.hidden = chosen !== "" && each.dataset.offer !== chosen;
  };
  form.addEventListener("input", show);
  show();
}
