// What the pages do besides links and forms. Everything here is a convenience: each page works
// without it. No inline code anywhere: the content policy forbids it.
"use strict";

const $ = (selector, root = document) => root.querySelector(selector);
const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
const words = () => $("#words")?.dataset ?? {};
const csrf = () => ({ "X-CSRFToken": document.body.dataset.csrf });

document.addEventListener("htmx:config:request", (event) => {
  Object.assign(event.detail.ctx.request.headers, csrf());
});

/* ---- notes in the corner, and what screen readers hear ------------------------------------ */

const NOTE_STAYS = 8000;

function tend(note) {
  const close = $("[data-close-note]", note);
  close.hidden = false;
  close.addEventListener("click", () => note.remove());
  let timer;
  const rest = () => clearTimeout(timer);
  const run = () => { rest(); timer = setTimeout(() => note.remove(), NOTE_STAYS); };
  for (const [name, act] of [["mouseenter", rest], ["focusin", rest], ["mouseleave", run], ["focusout", run]])
    note.addEventListener(name, act);
  if (!note.classList.contains("note-bad")) run();
}

function say(text, { action, tone = "good" } = {}) {
  const note = document.createElement("div");
  note.className = `note note-${tone}`;
  note.dataset.note = "";
  const told = document.createElement("div");
  told.className = "note-words";
  told.textContent = text;
  note.append(told);
  if (action) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "note-action";
    button.textContent = action.label;
    button.addEventListener("click", () => { action.run(); note.remove(); });
    note.append(button);
  }
  const close = document.createElement("button");
  close.type = "button";
  close.className = "note-close";
  close.dataset.closeNote = "";
  close.textContent = "×";
  note.append(close);
  $("#toasts").prepend(note);
}

new MutationObserver((changes) => {
  for (const change of changes)
    for (const node of change.addedNodes) if (node.dataset?.note !== undefined) tend(node);
}).observe($("#toasts"), { childList: true });
$$("[data-note]").forEach(tend);

/* ---- a form is sent once ------------------------------------------------------------------- */

// Not a property of the form: a field of that name would hide it.
const drafts = new WeakMap();

function release(form) {
  delete form.dataset.sending;
  $$("[type=submit], button:not([type])", form).forEach((button) => button.removeAttribute("aria-disabled"));
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method === "dialog") return;
  if (form.dataset.sending) {
    event.preventDefault();
    event.stopImmediatePropagation();
    return;
  }
  form.dataset.sending = "yes";
  drafts.get(form)?.stop();
  $$("[type=submit], button:not([type])", form).forEach((button) => button.setAttribute("aria-disabled", "true"));
}, true);
document.addEventListener("htmx:finally:request", (event) => {
  const form = event.target.closest?.("form");
  if (form) release(form);
});
document.addEventListener("htmx:error", () => {
  $$("form[data-sending]").forEach(release);
  say(words().offline, { tone: "bad" });
});
window.addEventListener("pageshow", () => $$("form[data-sending]").forEach(release));

/* ---- light and dark, without loading the page again ----------------------------------------- */

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (form.dataset.themeForm === undefined) return;
  event.preventDefault();
  const root = document.documentElement;
  const dark = getComputedStyle($(".when-dark", form)).display !== "none";
  const theme = dark ? "light" : "dark";
  root.dataset.bsTheme = theme;
  root.className = root.className.replace(/theme-\w+/, `theme-${theme}`);
  $("meta[name=color-scheme]").content = theme;
  $("button", form).value = dark ? "dark" : "light";
  const body = new FormData(form);
  body.set("theme", theme);
  await fetch(form.action, { method: "POST", body, headers: { "HX-Request": "true" } }).catch(() => undefined);
  release(form);
});

/* ---- dialogs -------------------------------------------------------------------------------- */

function open(dialog) {
  if (dialog.open) return;
  dialog.showModal();
  htmx.trigger($("[hx-trigger*=open]", dialog), "open");
}
document.addEventListener("click", (event) => {
  const dialog = event.target.closest("dialog");
  if (event.target.closest("[data-close-dialog]") || event.target === dialog) dialog.close();
  for (const details of $$("details[data-menu][open], .menu-toggle[open]"))
    if (!details.contains(event.target)) details.open = false;
  const opener = event.target.closest("[data-palette], [data-help]");
  if (!opener || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  open($(opener.dataset.help === undefined ? "#palette" : "#help-dialog"));
});

/* ---- palette -------------------------------------------------------------------------------- */

const palette = $("#palette");
const input = $("#palette-input");
const options = () => $$("[role=option]", palette);

const selected = () => options().findIndex((option) => option.getAttribute("aria-selected") === "true");

function choose(index) {
  const all = options();
  const one = all[(index + all.length) % all.length];
  all.forEach((option) => option.setAttribute("aria-selected", String(option === one)));
  if (one) {
    input.setAttribute("aria-activedescendant", one.id);
    one.scrollIntoView({ block: "nearest" });
  } else {
    input.removeAttribute("aria-activedescendant");
  }
}
if (palette) {
  // Enter opens what answers the words as they stand now, not what an earlier letter found.
  let asked = "";
  let enter = false;
  const follow = () => options()[selected()]?.click();
  palette.addEventListener("htmx:before:request", () => { asked = input.value; });
  palette.addEventListener("htmx:after:swap", () => {
    choose(Math.max(0, selected()));
    if (enter && asked === input.value) { enter = false; follow(); }
  });
  input.addEventListener("input", () => { enter = false; });
  input.addEventListener("keydown", (event) => {
    const steps = { ArrowDown: 1, ArrowUp: -1 };
    if (event.key in steps) choose(selected() + steps[event.key]);
    else if (event.key === "Enter") {
      if (asked === input.value && !$(".htmx-request", palette)) follow();
      else enter = true;
    } else return;
    event.preventDefault();
  });
  palette.addEventListener("close", () => { input.value = ""; enter = false; });
}

/* ---- keys ------------------------------------------------------------------------------------ */

const typing = (target) =>
  target.isContentEditable || target.matches?.("input:not([type=radio], [type=checkbox], [type=button], [type=submit]), textarea, select");
let before = "";
let beforeTimer;

function press(combination) {
  const target = $$(`[data-keys="${CSS.escape(combination)}"]`).find((one) => one.checkVisibility());
  if (!target) return false;
  if (target.matches("input:not([type=submit]), textarea, select")) target.focus();
  else target.click();
  return true;
}

function step(by) {
  const rows = $$("[data-list] [data-row]").filter((row) => row.checkVisibility());
  if (!rows.length) return false;
  const at = rows.findIndex((row) => row.classList.contains("is-current"));
  const next = rows[Math.min(Math.max(at + by, 0), rows.length - 1)];
  rows.forEach((row) => row.classList.toggle("is-current", row === next));
  $("[data-open]", next)?.focus();
  next.scrollIntoView({ block: "nearest" });
  return true;
}

function select() {
  const box = $("[data-row].is-current input[type=checkbox]");
  box?.click();
  return Boolean(box);
}

document.addEventListener("keydown", (event) => {
  if (event.isComposing || event.defaultPrevented) return;
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k" && palette) {
    event.preventDefault();
    open(palette);
  } else if ((event.ctrlKey || event.metaKey) && event.key === "Enter") {
    const form = event.target.closest("form");
    if (form) { event.preventDefault(); form.requestSubmit(); }
  } else if (event.key === "Escape") {
    for (const details of $$("details[data-menu][open], .menu-toggle[open]")) {
      details.open = false;
      $("summary", details).focus();
    }
    if (typing(event.target) && !event.target.closest("dialog")) event.target.blur();
  } else if (!event.ctrlKey && !event.metaKey && !event.altKey) {
    single(event);
  }
});

function single(event) {
  if (!("shortcuts" in document.body.dataset) || typing(event.target) || $("dialog[open]")) return;
  const { key } = event;
  clearTimeout(beforeTimer);
  const inTurn = before ? `${before} ${key}` : "";
  before = key;
  beforeTimer = setTimeout(() => { before = ""; }, 1200);
  const done =
    (inTurn && press(inTurn)) ||
    press(key) ||
    (key === "j" && step(1)) ||
    (key === "k" && step(-1)) ||
    (key === "x" && select());
  if (done) { event.preventDefault(); before = ""; }
}

/* ---- drafts ----------------------------------------------------------------------------------- */

const DRAFT_RESTS = 600;

class Draft {
  constructor(form) {
    this.form = form;
    this.address = `/drafts/${form.dataset.draft}`;
    this.timer = 0;
    this.sent = "";
    drafts.set(form, this);
    form.addEventListener("input", () => this.soon());
    // A form that came back refused holds what was typed last.
    if (!("typed" in form.dataset)) this.restore();
  }

  get content() {
    const content = {};
    for (const field of this.form.elements) {
      if (!field.name || field.type === "hidden" || field.type === "password" || field.type === "file") continue;
      if (/radio|checkbox/.test(field.type) && !field.checked) continue;
      if (field.name in content) content[field.name] = [content[field.name], field.value].flat();
      else content[field.name] = field.value;
    }
    return content;
  }

  get touched() {
    return [...this.form.elements].some((field) =>
      /text|search|tel|email|number|url|date|time/.test(field.type) && field.type !== "hidden" && field.value !== field.defaultValue);
  }

  soon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.keep(), DRAFT_RESTS);
  }

  keep(keepalive = false) {
    clearTimeout(this.timer);
    this.timer = 0;
    const body = JSON.stringify(this.content);
    if (body === this.sent) return;
    this.sent = body;
    this.asking = new AbortController();
    fetch(this.address, {
      method: "PUT", body, keepalive, signal: this.asking.signal,
      headers: { "Content-Type": "application/json", ...csrf() },
    }).catch(() => { this.sent = ""; });
  }

  leave() {
    if (this.timer) this.keep(true);
  }

  stop() {
    clearTimeout(this.timer);
    this.timer = 0;
    this.asking?.abort();
  }

  async restore() {
    const response = await fetch(this.address, { headers: { Accept: "application/json" } }).catch(() => null);
    if (response?.status !== 200 || this.touched) return;
    const { content } = await response.json();
    for (const field of this.form.elements) {
      if (!(field.name in content) || field.type === "hidden") continue;
      const kept = [content[field.name]].flat();
      if (/radio|checkbox/.test(field.type)) field.checked = kept.includes(field.value);
      else field.value = kept[0];
      field.dispatchEvent(new Event("change", { bubbles: true }));
    }
    this.sent = JSON.stringify(this.content);
    say(words().restored, { action: { label: words().discard, run: () => this.discard() } });
  }

  discard() {
    this.stop();
    this.form.reset();
    fetch(this.address, { method: "DELETE", headers: csrf() }).catch(() => undefined);
  }
}

function attendDrafts(root) {
  for (const form of $$("form[data-draft]", root)) if (!drafts.has(form)) new Draft(form);
}
attendDrafts(document);
document.addEventListener("htmx:after:swap", () => attendDrafts(document));
window.addEventListener("pagehide", () => $$("form[data-draft]").forEach((form) => drafts.get(form)?.leave()));
