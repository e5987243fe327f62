// A mark whose claim has no note in the page fetches it when asked for, and opens it from then on.
// Without scripts it leads to the claim, and so it does when the note cannot be had.
const waiting = new Set();

async function fetchNote(claim) {
  const address = new URL(claim);
  address.searchParams.set("part", "note");
  const answer = await fetch(address, { headers: { Accept: "text/html" } });
  if (!answer.ok) throw new Error(`${answer.status}`);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const note = page.querySelector(".claim-note");
  if (!note) throw new Error("no note");
  return document.adoptNode(note);
}

function toButton(link, note) {
  const button = document.createElement("button");
  button.className = link.className;
  button.setAttribute("popovertarget", note.id);
  button.append(...link.childNodes);
  link.replaceWith(button);
  return button;
}

async function open(link) {
  const note = await fetchNote(link.href);
  (document.querySelector(".notes") ?? document.querySelector("main")).append(note);
  const others = [...document.querySelectorAll("a.seal")].filter((one) => one.href === link.href);
  const [button] = [link, ...others.filter((one) => one !== link)].map((one) => toButton(one, note));
  button.focus({ preventScroll: true });
  button.click();
}

// Where accounts differ, a claim without a note has its words alone to lead to it.
for (const account of document.querySelectorAll(".differences .account:not(:has(.seal))")) {
  const link = document.createElement("a");
  link.className = "seal";
  link.href = account.querySelector(".words a").href;
  link.textContent = account.closest("[data-why]").dataset.why;
  account.querySelector(".meta").append(" ", link);
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a.seal");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey || event.button) return;
  if (!("popover" in HTMLElement.prototype)) return;
  event.preventDefault();
  if (waiting.has(link.href)) return;
  waiting.add(link.href);
  open(link).catch(() => location.assign(link.href)).finally(() => waiting.delete(link.href));
});
