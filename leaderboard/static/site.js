// What pages gain with JavaScript. Everything works without it.

// Open panels: the key Escape and a click elsewhere close them.

function openPanels() {
  return document.querySelectorAll("details.pop[open]");
}

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const panel of openPanels()) {
    panel.open = false;
    panel.querySelector("summary").focus();
  }
});

document.addEventListener("click", (event) => {
  for (const panel of openPanels()) if (!panel.contains(event.target)) panel.open = false;
});

// Boards: a count of chosen rows, and the key / for the search.

const MOST = 6;
const COMPARE = "#chosen .btn.p";

function boxes() {
  return [...document.querySelectorAll('input[name="pin"][form="chosen"]')];
}

function count() {
  const hint = document.querySelector("[data-hint]");
  if (!hint) return;
  hint.dataset.words ??= hint.textContent;
  const chosen = boxes().filter((box) => box.checked);
  const names = [...new Set(chosen.map((box) => box.parentElement.querySelector("bdi").textContent))];
  hint.toggleAttribute("data-chosen", names.length > 0);
  hint.textContent = names.length ? names.join(" · ") : hint.dataset.words;
  const values = new Set(chosen.map((box) => box.value));
  for (const box of boxes()) {
    box.disabled = !box.checked && values.size >= MOST;
    box.closest("tr").classList.toggle("sel", box.checked);
  }
  document.querySelector(COMPARE).disabled = values.size < 2;
}

// A pinned row stands on the page twice.
function mirror(changed) {
  for (const box of boxes()) if (box.value === changed.value) box.checked = changed.checked;
}

document.addEventListener("change", (event) => {
  if (event.target.name !== "pin") return;
  mirror(event.target);
  count();
});

document.addEventListener("keydown", (event) => {
  if (event.key === "/" && !event.target.closest("input, select, textarea")) {
    event.preventDefault();
    document.getElementById("q")?.focus();
  }
});

// htmx bids farewell to each of thousands of cells, one event a cell; nothing of it listens inside rows.
document.addEventListener("htmx:beforeSwap", (event) => {
  if (!event.detail.shouldSwap) return;
  for (const rows of document.querySelectorAll("#standings tbody")) rows.remove();
});

document.addEventListener("htmx:afterSettle", count);
count();
