// Suggestions while typing in the header's search box (a combobox of ARIA 1.2), and "/" to get there.
const form = document.querySelector("form.find");
const box = form?.querySelector("input[type=search]");

if (box) {
  const list = document.createElement("ul");
  list.id = "suggestions";
  list.className = "suggestions";
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", form.dataset.list || "");
  list.hidden = true;
  form.append(list);
  const attributes = {
    role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": list.id,
  };
  for (const [name, value] of Object.entries(attributes)) box.setAttribute(name, value);

  let asked = "";
  let waiting = 0;
  let running = null;

  const close = () => {
    list.hidden = true;
    box.setAttribute("aria-expanded", "false");
    box.removeAttribute("aria-activedescendant");
  };

  const choose = (index) => {
    const options = [...list.children];
    options.forEach((option, at) => option.setAttribute("aria-selected", String(at === index)));
    if (index < 0) return box.removeAttribute("aria-activedescendant");
    box.setAttribute("aria-activedescendant", options[index].id);
    options[index].scrollIntoView({ block: "nearest" });
  };

  const chosen = () => [...list.children].findIndex((o) => o.getAttribute("aria-selected") === "true");

  const toOption = (result, index) => {
    const option = document.createElement("li");
    option.id = `suggestion-${index}`;
    option.setAttribute("role", "option");
    option.setAttribute("aria-selected", "false");
    option.dataset.href = result.href;
    const label = document.createElement("bdi");
    label.textContent = result.label;
    if (result.lang) label.lang = result.lang;
    const kind = document.createElement("span");
    kind.className = "quiet";
    kind.textContent = ` ${result.kind}`;
    option.append(label, kind);
    return option;
  };

  const suggest = async () => {
    const question = box.value.trim();
    if (question === asked) return;
    asked = question;
    running?.abort();
    if (question.length < 2) return close();
    running = new AbortController();
    const address = new URL(form.action);
    address.search = new URLSearchParams(new FormData(form));
    try {
      const answer = await fetch(address, {
        headers: { Accept: "application/json" }, signal: running.signal,
      });
      if (!answer.ok) return close();
      const { results } = await answer.json();
      list.replaceChildren(...results.map(toOption));
      list.hidden = results.length === 0;
      box.setAttribute("aria-expanded", String(results.length > 0));
      box.removeAttribute("aria-activedescendant");
    } catch (error) {
      if (error.name !== "AbortError") close();
    }
  };

  box.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(suggest, 120);
  });
  box.addEventListener("keydown", (event) => {
    const count = list.hidden ? 0 : list.children.length;
    if (event.key === "Escape" && count) {
      event.preventDefault();
      close();
    } else if (count && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      event.preventDefault();
      const step = event.key === "ArrowDown" ? 1 : -1;
      choose(((chosen() + step + 1 + count + 1) % (count + 1)) - 1);
    } else if (event.key === "Enter" && count && chosen() >= 0) {
      event.preventDefault();
      location.assign(list.children[chosen()].dataset.href);
    }
  });
  list.addEventListener("pointerdown", (event) => {
    const option = event.target.closest("[role=option]");
    if (option) {
      event.preventDefault();
      location.assign(option.dataset.href);
    }
  });
  box.addEventListener("blur", close);
  document.addEventListener("keydown", (event) => {
    const busy = event.target.closest?.("input, textarea, select, [contenteditable], .cm-editor");
    if (event.key === "/" && !busy && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      box.focus();
      box.select();
    }
  });
}
