// The editor for queries: YASQE with this release's prefixes and terms in place of its own, which
// it would ask other hosts for, and with keys that let go of the focus.
import Yasqe from "@zazuko/yasqe";
import "@zazuko/yasqe/build/yasqe.min.css";

const MOST_HINTS = 50;
const NAME = /^(?:[\w-]*:)?[\w.-]*$/;

/**
 * Put an editor in the place of a text area; gives what the page needs of it.
 *
 * `terms` is a promise of what /sparql/terms.json says, `run` is called for Ctrl+Enter, `leave`
 * for Escape; `words` has the sentence about a mistake.
 */
export function openEditor(area, { label, describedBy, terms, run, leave, words }) {
  complete(terms);
  Yasqe.prototype.checkSyntax = function () {
    markSyntax(this, words);
  };
  const parent = document.createElement("div");
  area.after(parent);
  const yasqe = new Yasqe(parent, {
    value: area.value,
    consumeShareLink: null,
    createShareableLink: null,
    editorHeight: "auto",
    highlightSelectionMatches: false,
    persistenceId: null,
    resizeable: false,
    screenReaderLabel: label,
    showQueryButton: false,
    viewportMargin: Infinity,
    extraKeys: {
      "Ctrl-Enter": run,
      "Cmd-Enter": run,
      "Ctrl-Space": () => ask(yasqe),
      "Ctrl-S": false,
      Esc: leave,
      // The keyboard is never trapped (WCAG 2.1.2); new lines are indented without Tab.
      Tab: false,
      "Shift-Tab": false,
    },
  });
  yasqe.getInputField().setAttribute("aria-describedby", describedBy);
  area.hidden = true;
  yasqe.on("change", () => {
    area.value = yasqe.getValue();
    area.dispatchEvent(new Event("input", { bubbles: true }));
  });
  return {
    focus: () => yasqe.focus(),
    close() {
      parent.remove();
      area.hidden = false;
    },
    mark: (line, from, to, message) => mark(yasqe, line, from, to, message),
    clear: () => clear(yasqe),
    goTo(line, column) {
      yasqe.focus();
      yasqe.getDoc().setCursor({ line, ch: column });
      yasqe.scrollIntoView(null, 80);
    },
  };
}

let asking = false;

/** Complete where the cursor is, even when nothing is typed yet. */
function ask(yasqe) {
  asking = true;
  yasqe.autocomplete();
  asking = false;
}

/** Show where the editor's own grammar stops; the service has the last word. */
function markSyntax(yasqe, words) {
  yasqe.queryValid = true;
  yasqe.clearGutter("gutterErrorBar");
  const doc = yasqe.getDoc();
  for (let line = 0; line < doc.lineCount(); line++) {
    const { state } = yasqe.getTokenAt({ line, ch: doc.getLine(line).length }, true);
    yasqe.setOption("queryType", state.queryType);
    if (state.OK === false) {
      const expected = state.errorMsg ?? (state.possibleCurrent ?? []).join(" ");
      const sign = Object.assign(document.createElement("span"), {
        className: "sign",
        textContent: "!",
        title: words.expected.replace("{}", expected),
      });
      yasqe.setGutterMarker(line, "gutterErrorBar", sign);
      yasqe.queryValid = false;
      return;
    }
  }
}

function mark(yasqe, line, from, to, message) {
  clear(yasqe);
  yasqe.addLineClass(line, "background", "faulty");
  const place = { className: "faulty-place", attributes: { title: message } };
  yasqe.getDoc().markText({ line, ch: from }, { line, ch: to }, place);
}

function clear(yasqe) {
  const doc = yasqe.getDoc();
  doc.getAllMarks().filter((found) => found.className === "faulty-place").forEach((m) => m.clear());
  for (let line = 0; line < doc.lineCount(); line++) {
    yasqe.removeLineClass(line, "background", "faulty");
  }
}

/** Register what is completed: prefixes, variables, and terms by name or label. */
function complete(terms) {
  Yasqe.defaults.autocompleters = ["prefixes", "variables", "terms"];
  Yasqe.forkAutocompleter("prefixes", {
    name: "prefixes",
    persistenceId: null,
    get: async () =>
      Object.entries((await terms).prefixes)
        .map(([prefix, namespace]) => `${prefix}: <${namespace}>`)
        .sort(),
  });
  Yasqe.registerAutocompleter({
    name: "terms",
    bulk: false,
    autoShow: true,
    isValidCompletionPosition: (yasqe) => kindHere(yasqe) !== null,
    preProcessToken: (yasqe, token) => ({ ...token, autocompletionString: token.string.trim() }),
    get: async (yasqe, token) => {
      const { prefixes, terms: listed } = await terms;
      const declared = yasqe.getPrefixesFromQuery();
      const kind = kindHere(yasqe) ?? "any";
      return find(listed, token.autocompletionString, kind, { ...prefixes, ...declared })
        .map((term) => JSON.stringify({ ...term, text: shorten(term.iri, prefixes, declared) }));
    },
    postprocessHints: (yasqe, hints) => hints.map(draw),
  });
}

/** Say what may stand at the cursor: class, property, any; null where no term can. */
function kindHere(yasqe) {
  const { line } = yasqe.getDoc().getCursor();
  const token = yasqe.getCompleteToken();
  const text = token.string.trim();
  const { state, type } = token;
  if (type === "comment" || state.inPrefixDecl || !NAME.test(text)) return null;
  if (!asking && text.length < 2) return null;
  // Capitals are keywords.
  if (!text.includes(":") && text && text === text.toUpperCase()) return null;
  const before = yasqe.getPreviousNonWsToken(line, token);
  if (["PREFIX", "BASE"].includes(before?.string.toUpperCase())) return null;
  if (["a", "rdf:type"].includes(before?.string)) return "class";
  const expected = state.possibleCurrent ?? [];
  if (expected.includes("a")) return "property";
  return text.includes(":") ? "any" : null;
}

/** Find terms by the beginning of name or label first, then by any part; the most used first. */
function find(terms, typed, kind, prefixes) {
  const [prefix, name] = typed.includes(":") ? typed.split(/:(.*)/s) : [null, typed];
  const namespace = prefix === null ? "" : prefixes[prefix];
  if (namespace === undefined) return [];
  const wanted = name.toLowerCase();
  const ranked = [];
  for (const term of terms) {
    if ((kind !== "any" && term.kind !== kind) || !term.iri.startsWith(namespace)) continue;
    const local = term.iri.slice(namespace.length || endOfNamespace(term.iri)).toLowerCase();
    const label = term.label.toLowerCase();
    const rank = [
      local.startsWith(wanted),
      label.startsWith(wanted),
      label.split(/\s+/).some((word) => word.startsWith(wanted)),
      local.includes(wanted) || label.includes(wanted),
    ].indexOf(true);
    if (rank >= 0) ranked.push([rank, term]);
  }
  return ranked.sort((a, b) => a[0] - b[0]).slice(0, MOST_HINTS).map(([, term]) => term);
}

function endOfNamespace(iri) {
  return Math.max(iri.lastIndexOf("#"), iri.lastIndexOf("/")) + 1;
}

/** Write an IRI with the query's own prefixes, else the release's, else in full. */
function shorten(iri, prefixes, declared) {
  for (const known of [declared, prefixes]) {
    for (const [prefix, namespace] of Object.entries(known)) {
      const name = iri.slice(namespace.length);
      if (namespace && iri.startsWith(namespace) && /^[\w-]+$/.test(name)) return `${prefix}:${name}`;
    }
  }
  return `<${iri}>`;
}

/** Show a term's name and its label; what is put into the query is the name. */
function draw(hint) {
  const { text, label } = JSON.parse(hint.text);
  const render = (element) => {
    const name = Object.assign(document.createElement("code"), { textContent: text });
    const words = Object.assign(document.createElement("span"), { textContent: label });
    words.className = "label";
    element.append(name, words);
  };
  return { ...hint, text, displayText: `${text} ${label}`, render };
}
