// What scripts add to the form for queries: an editor, answers without a new page, cancelling, a
// link to share, code that follows the query. Without them the form does all but that by itself.

const LONG = 6000; // From so many characters on a query is posted: addresses have their limits.
const ADDRESS = 8000; // Parameters longer than this are refused; only the form may be posted.
const PLAIN = "plain-query"; // Where the browser keeps whether a plain text area is preferred.
const RAW = 200_000; // So many characters of a raw answer are shown.

const form = document.getElementById("ask");
const area = document.getElementById("query");
const [asked, problem, answer, status, cancel, share, swap, code, snippets] = [
  "asked", "problem", "answer", "status", "cancel", "share", "swap", "code", "snippets",
].map((id) => document.getElementById(id));
const words = JSON.parse(form.dataset.words);

let editor = overTextArea();
let running = null;
let typing = 0;
let written = area.value; // The query for which the code stands there.

form.addEventListener("submit", (event) => {
  form.method = area.value.length > LONG ? "post" : "get";
  if (form.elements.format.value !== "html") return;
  event.preventDefault();
  run();
});
cancel.addEventListener("click", () => running?.abort());
share.addEventListener("click", copyLink);
area.addEventListener("input", followQuery);
code.addEventListener("toggle", writeCode);
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && running) running.abort();
});
area.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
});
window.addEventListener("popstate", () => location.reload());
share.hidden = false;
enhanceAnswer();
enhanceProblem();
if (form.dataset.editor) {
  swap.addEventListener("click", swapEditor);
  // A finger types better into what its system knows.
  const isPlain = localStorage.getItem(PLAIN) ?? `${matchMedia("(pointer: coarse)").matches}`;
  if (isPlain === "true") offerEditor();
  else openEditor();
}

/** Put the editor in the place of the text area. */
async function openEditor() {
  const terms = fetch(form.dataset.terms).then((response) => response.json());
  const module = await import(form.dataset.editor);
  const label = form.querySelector("label[for=query]");
  editor = module.openEditor(area, {
    label: label.textContent,
    describedBy: "keys",
    terms,
    run: () => form.requestSubmit(),
    leave: () => form.querySelector("button[type=submit]").focus(),
    words,
  });
  label.onclick = () => editor.focus();
  document.getElementById("keys").hidden = false;
  swap.textContent = words.plain;
  swap.hidden = false;
  enhanceProblem();
}

/** Leave the plain text area, and say that there is an editor. */
function offerEditor() {
  document.getElementById("keys").hidden = true;
  form.querySelector("label[for=query]").onclick = null;
  swap.textContent = words.rich;
  swap.hidden = false;
}

async function swapEditor() {
  const isPlain = area.hidden;
  localStorage.setItem(PLAIN, isPlain);
  if (!isPlain) return openEditor();
  editor.close();
  editor = overTextArea();
  offerEditor();
  enhanceProblem();
}

/** Ask, and show the answer in this page; the address becomes that of the answer. */
async function run() {
  running?.abort();
  const mine = (running = new AbortController());
  const { url, post } = toRequest();
  const started = performance.now();
  const ticking = setInterval(() => say(words.running, seconds(started, 0)), 1000);
  say(words.running, "0");
  cancel.hidden = false;
  answer.classList.add("busy");
  try {
    const response = await fetch(post ? form.action : url, {
      method: post ? "POST" : "GET",
      body: post,
      headers: { Accept: "text/html" },
      signal: mine.signal,
    });
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    if (!page.getElementById("answer")) throw new Error(`${response.status}`);
    if (!post && url !== location.href) history.pushState(null, "", url);
    show(page);
    if (response.ok) say(words.took, seconds(started, 2));
    else say(words.refused);
  } catch (error) {
    if (running !== mine) return;
    say(mine.signal.aborted ? words.cancelled : words.unreachable);
  } finally {
    clearInterval(ticking);
    if (running === mine) {
      running = null;
      cancel.hidden = true;
      answer.classList.remove("busy");
    }
  }
}

/** Write the request as an address to share, and as a body where that would be too long. */
function toRequest() {
  const fields = new URLSearchParams(new FormData(form));
  fields.delete("format");
  const url = `${form.action.split("?")[0]}?${fields}`;
  return { url, post: area.value.length > LONG ? fields : null };
}

/** Take question, result, problem and code over from the page that answers. */
function show(page) {
  const byLabel = document.getElementById("by-label")?.checked;
  for (const part of [asked, problem, answer, snippets]) {
    part.replaceChildren(...page.getElementById(part.id).childNodes);
  }
  const box = document.getElementById("by-label");
  if (box && byLabel !== undefined) box.checked = byLabel;
  document.title = page.title;
  written = area.value;
  enhanceAnswer();
  enhanceProblem();
  const first = problem.firstElementChild ? problem : answer;
  first.scrollIntoView({ block: "nearest" });
}

/** Fetch the answer as the service sends it when somebody opens it. */
function enhanceAnswer() {
  const sent = answer.querySelector("details.sent");
  if (!sent) return;
  sent.hidden = false;
  sent.addEventListener("toggle", async () => {
    const text = sent.querySelector("pre");
    if (!sent.open || text.textContent) return;
    text.textContent = words.loading;
    const whole = await (await fetch(sent.dataset.from)).text();
    text.textContent = whole.slice(0, RAW);
    if (whole.length > RAW) {
      const cut = Object.assign(document.createElement("p"), { textContent: words.cut });
      cut.className = "cut";
      text.before(cut);
    }
  });
}

/** Mark the place of a mistake in the query, and lead there. */
function enhanceProblem() {
  editor.clear();
  const section = problem.querySelector("[data-line]");
  if (!section) return;
  const line = section.dataset.line - 1;
  const text = area.value.split("\n")[line] ?? "";
  // The service counts code points, the editor UTF-16 units.
  const from = [...text].slice(0, section.dataset.column - 1).join("").length;
  editor.mark(line, from, from + 1, section.querySelector("strong").textContent);
  if (section.querySelector("button")) return;
  const button = Object.assign(document.createElement("button"), { textContent: words.goThere });
  button.type = "button";
  button.className = "plain";
  button.addEventListener("click", () => editor.goTo(line, from));
  section.append(button);
}

async function copyLink() {
  const { url } = toRequest();
  history.replaceState(null, "", url);
  try {
    await navigator.clipboard.writeText(url);
    say(words.copied);
  } catch {
    say(words.here);
  }
}

/** After a change nothing is marked any more, and the code is written anew. */
function followQuery() {
  editor.clear();
  clearTimeout(typing);
  typing = setTimeout(writeCode, 400);
}

async function writeCode() {
  const query = area.value;
  if (!code.open || query === written) return;
  const address = new URL(form.dataset.code, location);
  address.searchParams.set("query", query);
  const asked = { headers: { Accept: "text/html" } };
  const response = address.search.length > ADDRESS ? null : await fetch(address, asked);
  const text = response ? await response.text() : "";
  if (query !== area.value) return;
  const page = new DOMParser().parseFromString(text, "text/html");
  const reason = document.createElement("p");
  reason.textContent = !response || response.status === 414 ? words.longCode : words.unreachable;
  snippets.replaceChildren(...(page.getElementById("snippets")?.childNodes ?? [reason]));
  written = query;
}

/** The same for the plain text area, where no editor was built. */
function overTextArea() {
  return {
    focus: () => area.focus(),
    mark: () => area.setAttribute("aria-invalid", "true"),
    clear: () => area.removeAttribute("aria-invalid"),
    goTo(line, column) {
      const before = area.value.split("\n").slice(0, line).join("\n").length + (line ? 1 : 0);
      area.focus();
      area.setSelectionRange(before + column, before + column + 1);
    },
  };
}

function seconds(started, digits) {
  const passed = (performance.now() - started) / 1000;
  return passed.toLocaleString(document.documentElement.lang, {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
}

function say(sentence, value) {
  status.value = sentence.replace("{}", value);
}
