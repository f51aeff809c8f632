// What a quotation comes to while its lines are written: the form is sent to be reckoned, and only its totals are shown.
const form = document.querySelector("[data-quoting]");
if (form) {
  let waiting = 0;
  const reckon = async () => {
    const sent = new FormData(form);
    sent.append("reckon", "1");
    const mine = ++waiting;
    const answer = await fetch(form.action || location.href, { method: "POST", body: sent, credentials: "same-origin" });
    if (!answer.ok || mine !== waiting) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.querySelector("[data-totals]");
    if (fresh) form.querySelector("[data-totals]").replaceWith(fresh);
  };
  let timer = 0;
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(reckon, 400);
  });
}
