// Only quicker ways to do what the links do: choose claims without leaving the page, walk the map
// with the arrow keys, and see which words a claim rests on.

const PLACE = "#reading";
const MOST_PARTS = 6;
const CHOICE = ".choices li, .fit";
const STEPS = { ArrowDown: 1, ArrowUp: -1, Home: -Infinity, End: Infinity };

async function choose(address, remember) {
  const answer = await fetch(address, { headers: { Accept: "text/html" } });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const found = page.querySelector(PLACE);
  if (!answer.ok || !found) return location.assign(address);
  const at = [...document.querySelectorAll(CHOICE)].indexOf(document.activeElement.parentElement);
  document.querySelector(PLACE).replaceWith(document.adoptNode(found));
  document.querySelector(".languages").replaceWith(page.querySelector(".languages"));
  if (remember) history.pushState(null, "", address);
  if (at >= 0) document.querySelectorAll(CHOICE)[at].querySelector("a")?.focus({ preventScroll: true });
  follow();
  join();
}

// A long text comes in parts, so that each page is small; here they are put together.
async function join() {
  const reading = document.querySelector(PLACE);
  const parts = reading.querySelector(".parts");
  if (!parts || parts.children.length > MOST_PARTS) return;
  const passages = parts.parentElement;
  const here = [...passages.querySelectorAll(".passage")];
  const found = await Promise.all([...parts.children].map(async (part) => {
    if (!part.href) return here;
    const answer = await fetch(part.href, { headers: { Accept: "text/html" } });
    if (!answer.ok) throw new Error(`${answer.status}`);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    return [...page.querySelectorAll(".passage")].map((passage) => document.adoptNode(passage));
  }));
  const known = new Set();
  for (const named of found.flatMap((list) => list.flatMap((one) => [one, ...one.querySelectorAll("[id]")]))) {
    if (known.has(named.id)) named.removeAttribute("id");
    known.add(named.id);
  }
  parts.replaceWith(...found.flat());
  for (const bar of reading.querySelectorAll(".map a")) bar.setAttribute("href", bar.hash);
  if (location.hash) document.querySelector(location.hash)?.scrollIntoView();
  follow();
}

document.addEventListener("click", (event) => {
  const link = event.target.closest(".choices a");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  event.preventDefault();
  choose(link.href, true).catch(() => location.assign(link.href));
});

addEventListener("popstate", () => {
  if (!location.hash) choose(location.href, false).catch(() => location.reload());
});

document.addEventListener("keydown", (event) => {
  const here = event.target.closest(".map a");
  const step = STEPS[event.key];
  if (!here || !step) return;
  event.preventDefault();
  const bars = [...document.querySelectorAll(".map a")];
  const next = Math.max(0, Math.min(bars.length - 1, bars.indexOf(here) + step));
  bars[next].focus();
  document.querySelector(bars[next].hash)?.scrollIntoView({ block: "start" });
});

function light(event) {
  const claim = event.target.closest?.("[data-claim], .claims li, .text sup");
  const name = claim?.dataset.claim || claim?.id || claim?.querySelector("a")?.hash.slice(1);
  for (const lit of document.querySelectorAll(".lit")) lit.classList.remove("lit");
  if (!name) return;
  document.getElementById(name)?.classList.add("lit");
  for (const words of document.querySelectorAll(`[data-claim="${CSS.escape(name)}"]`)) {
    words.classList.add("lit");
  }
}

document.addEventListener("mouseover", light);
document.addEventListener("focusin", light);

let watching;

function follow() {
  watching?.disconnect();
  watching = new IntersectionObserver((seen) => {
    for (const { target, isIntersecting } of seen) {
      if (!isIntersecting) continue;
      for (const bar of document.querySelectorAll(".map a")) {
        if (bar.hash === `#${target.id}`) bar.setAttribute("aria-current", "location");
        else bar.removeAttribute("aria-current");
      }
    }
  }, { rootMargin: "-20% 0px -70% 0px" });
  for (const passage of document.querySelectorAll(".passage")) watching.observe(passage);
}

follow();
join();
