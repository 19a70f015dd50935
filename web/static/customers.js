// What the pages about customers do besides links and forms: news of others, kinds, rows, prices.
"use strict";

{
  /* ---- what others log appears by itself, and never under somebody's hands ------------------- */

  const OFTEN = 1500;
  const SELDOM = 30000;
  let pause = OFTEN;

  const reading = (live) => live.contains(document.activeElement) || "deep" in live.dataset;

  async function look() {
    const live = $("#history[data-live]");
    if (!live) return;
    if (!document.hidden) {
      const answer = await fetch(`${live.dataset.live}&seen=${live.dataset.history}`, {
        headers: { "HX-Request": "true" },
      }).catch(() => null);
      if (answer?.status === 401) return;
      pause = answer?.ok ? OFTEN : Math.min(pause * 2, SELDOM);
      if (answer?.status === 200) show(await answer.text(), live);
    }
    setTimeout(look, pause);
  }

  function show(text, live) {
    if (!live.isConnected) return; // the page's own save came first
    if (reading(live)) {
      $(".history-news", live).hidden = false;
      return;
    }
    const news = document.createElement("template");
    news.innerHTML = text;
    for (const id of ["history", "facts"]) {
      const old = document.getElementById(id);
      const fresh = news.content.getElementById(id);
      if (!fresh || old.contains(document.activeElement)) continue;
      old.replaceWith(fresh);
      htmx.process(fresh);
    }
  }

  setTimeout(look, OFTEN);
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-older]")) $("#history").dataset.deep = "";
  });

  /* ---- another kind: what was typed for this one stays as its draft --------------------------- */

  document.addEventListener("change", (event) => {
    if (event.target.matches(".composer-kinds [name=kind]")) drafts.get($("#composer-form"))?.leave();
  }, true);

  /* ---- after a contact was logged the next one can follow at once ----------------------------- */

  document.addEventListener("htmx:after:swap", () => {
    const composer = $("#composer[data-refocus]");
    if (!composer) return;
    delete composer.dataset.refocus;
    $("[data-keys=c]", composer)?.focus();
  });

  /* ---- lines of a purchase ----------------------------------------------------------------------- */

  const offerRows = () => $$("[data-add-line]").forEach((button) => { button.hidden = false; });
  offerRows();
  document.addEventListener("htmx:after:swap", offerRows);

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-add-line]");
    if (!button) return;
    const lines = button.closest(".lines");
    const place = $$(".line", lines).length;
    const row = document.createElement("template");
    row.innerHTML = $("#line-template").innerHTML.replaceAll("lines-9999-", `lines-${place}-`);
    const line = $(".line", row.content);
    $("[data-item]", line).dataset.item = place;
    line.setAttribute("aria-label", line.getAttribute("aria-label").replace("10000", place + 1));
    $$(".line", lines).at(-1).after(line);
    htmx.process(line);
    $("input", line).focus();
  });

  // An item chosen from the list brings its last price, unless one stands there already.
  document.addEventListener("input", (event) => {
    const { target } = event;
    if (target.dataset?.item === undefined) return;
    const option = $$("#item-options option").find((one) => one.value === target.value);
    if (!option) return;
    const line = target.closest(".line");
    const currency = $("[name=currency]", target.form).value.toUpperCase();
    const price = $("[name$=unit_price]", line);
    const description = $("[name$=description]", line);
    if (!price.value && option.dataset.currency === currency) price.value = option.dataset.price;
    if (!description.value) description.value = option.dataset.description;
  });
}
