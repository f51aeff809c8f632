// Of the offers beside the form only the one chosen is shown; without a choice all of them. Beyond the seller's
// allowance the button says that a manager is asked.
const form = document.querySelector("form.d-form");
const offers = [...document.querySelectorAll("[data-offer]")];
if (form && offers.length) {
  const button = form.querySelector("button[type=submit]");
  const issues = button.textContent;
  const show = () => {
    const chosen = form.elements.offer.value;
    const asks = offers.some((each) => each.dataset.offer === chosen && "asks" in each.dataset);
    button.textContent = asks ? "Ask a manager for them" : issues;
    for (const each of offers) each.hidden = chosen !== "" && each.dataset.offer !== chosen;
  };
  form.addEventListener("input", show);
  show();
}
