// Makes the timeline's selection instant: the same as the addresses do, without a new page.

const page = document.querySelector(".whenwhere");
let complete = page.dataset.complete === "yes";
let entries = [...page.querySelectorAll(".entry")];
const marks = [...page.querySelectorAll("a.mark")];
const places = [...document.querySelectorAll(".places li")];
const status = page.querySelector("[role=status]");
const everything = page.querySelector(".everything");
const [from, to] = page.querySelectorAll(".choose input[type=date]");

const words = (text) => (text ?? "").split(" ").filter(Boolean);
const fill = (text, ...values) => values.reduce((filled, value) => filled.replace("{}", value), text);

function read(address) {
  const asked = new URL(address, location.href).searchParams;
  return Object.fromEntries(["event", "place", "undated", "from", "to"].map((name) => [name, asked.get(name) ?? ""]));
}

function holds(entry, choice) {
  if (choice.place) return words(entry.dataset.places).includes(choice.place);
  if (choice.undated) return !entry.dataset.from;
  if (!choice.from && !choice.to) return true;
  const { from: first, to: last = first } = entry.dataset;
  if (!first) return false;
  return (!choice.to || first.slice(0, choice.to.length) <= choice.to) && (!choice.from || last >= choice.from);
}

function mark(element, chosen) {
  element.classList.toggle("chosen", chosen);
  const link = element.matches("a") ? element : element.querySelector("a");
  if (chosen) link.setAttribute("aria-current", "true");
  else link.removeAttribute("aria-current");
}

function show(choice) {
  const narrows = !choice.event && Boolean(choice.place || choice.undated || choice.from || choice.to);
  const reached = new Set(words(choice.place));
  for (const entry of entries) {
    const chosen = entry.id === choice.event;
    entry.hidden = narrows && !holds(entry, choice);
    mark(entry, chosen);
    if (chosen || (narrows && !choice.place && !entry.hidden)) words(entry.dataset.places).forEach((place) => reached.add(place));
  }
  for (const section of page.querySelectorAll(".stretch")) section.hidden = !section.querySelector(".entry:not([hidden])");
  page.classList.toggle("narrowed", narrows);
  const chooses = narrows || Boolean(choice.event);
  for (const one of marks) {
    const met = words(one.dataset.places).some((place) => reached.has(place));
    mark(one, chooses && met);
    one.classList.toggle("rest", chooses && !met);
  }
  for (const one of places) mark(one, one.dataset.place === choice.place);
  const shown = entries.filter((entry) => !entry.hidden).length;
  if (complete) status.textContent = narrows ? fill(status.dataset.some, shown, entries.length) : fill(status.dataset.all, entries.length);
  everything.hidden = !chooses;
  [from.value, to.value] = [choice.from, choice.to].map((day) => (day.length === 10 ? day : ""));
}

function choose(address) {
  const url = new URL(address, location.href);
  history.pushState(null, "", url.pathname + url.search);
  show(read(url));
}

// Leads to a closer map: where the page is scrolled to stays, the first mark there takes the focus.
function enter(map) {
  map.scrollIntoView({ block: "nearest" });
  map.querySelector("a.mark").focus();
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("main a");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  const target = link.getAttribute("href");
  if (target.startsWith("#map-")) {
    event.preventDefault();
    enter(document.querySelector(target));
  }
  const url = new URL(target, location.href);
  const selects = url.search || link === everything;
  if (!complete || target.startsWith("#") || url.pathname !== location.pathname || !selects) return;
  event.preventDefault();
  choose(link.getAttribute("aria-current") === "true" ? everything.href : url);
  if (link.matches(".places a")) page.querySelector(".state").scrollIntoView({ block: "nearest" });
});

page.querySelector(".choose").addEventListener("submit", (event) => {
  if (!complete || (from.value && to.value && from.value > to.value)) return;
  event.preventDefault();
  const url = new URL(everything.href);
  for (const input of [from, to]) if (input.value) url.searchParams.set(input.name, input.value);
  choose(url);
});

document.addEventListener("keydown", (event) => {
  if (event.target.matches("input") || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape" && !everything.hidden) {
    everything.click();
    return;
  }
  const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
  const ring = event.target.closest(".entry h3")
    ? entries.filter((entry) => !entry.hidden).map((entry) => entry.querySelector("h3 a"))
    : event.target.closest("a.mark") ? marks : [];
  const here = ring.indexOf(event.target.closest("a"));
  if (!step || here < 0) return;
  event.preventDefault();
  ring[(here + step + ring.length) % ring.length].focus();
});

// While the list scrolls past, the maps show where its topmost entry took place.
const watcher = new IntersectionObserver((seen) => {
  for (const { target, isIntersecting } of seen) {
    const here = words(target.dataset.places);
    if (!isIntersecting) continue;
    for (const one of marks) one.classList.toggle("now", words(one.dataset.places).some((place) => here.includes(place)));
  }
}, { rootMargin: "-20% 0px -75% 0px" });

function begin() {
  for (const entry of entries) watcher.observe(entry);
  page.querySelector(".keys").hidden = false;
  show(read(location.href));
}

// A page holds as many entries as keep it small; where there are few more, they are brought along.
async function join(address) {
  const answer = await fetch(address);
  if (!answer.ok) return;
  page.querySelector(".chronicle").innerHTML = await answer.text();
  page.querySelector(".parts")?.remove();
  entries = [...page.querySelectorAll(".entry")];
  complete = true;
  begin();
  page.dataset.complete = "yes";
  if (location.hash) document.getElementById(decodeURIComponent(location.hash.slice(1)))?.scrollIntoView();
}

window.addEventListener("popstate", () => show(read(location.href)));
begin();
if (page.dataset.entries) join(page.dataset.entries);
