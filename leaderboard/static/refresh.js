// Keeps a submission's page up to date while it is open: every 5 s, more slowly while nothing changes.

const FIRST = 5_000;
const LAST = 60_000;
const SLOWER = 1.3;

const live = document.getElementById("live");
const status = document.getElementById("status");
let shown = "";
let state = part(live).dataset.state;
let wait = FIRST;

function part(root) {
  return root.querySelector("#live-part");
}

async function fetchFragment() {
  const response = await fetch(live.dataset.fragment, { headers: { Accept: "text/html" } });
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
  return response.text();
}

function show(fresh) {
  for (const piece of fresh.querySelectorAll("[data-piece]")) {
    const old = live.querySelector(`[data-piece="${piece.dataset.piece}"]`);
    if (piece.dataset.piece === "log") showLog(old, piece);
    // Whoever stands inside with the keyboard keeps their place; the next round shows the news.
    else if (!old.contains(document.activeElement) && old.outerHTML !== piece.outerHTML) old.replaceWith(piece);
  }
}

// The log's box stays, so that focus, selection above and the line that is being read keep their place.
function showLog(old, fresh) {
  old.hidden = fresh.hidden;
  const box = old.querySelector(".log");
  const pre = box.querySelector("pre");
  const before = pre.textContent.split("\n");
  const after = fresh.querySelector("pre").textContent.split("\n");
  const kept = overlap(before, after);
  if (kept === before.length && kept === after.length) return;
  // The box counts from its end (column-reverse): 0 is the newest line, which a follower stays with.
  const follows = box.scrollTop > -2;
  const height = pre.offsetHeight;
  pre.textContent = before.concat(after.slice(kept)).join("\n");
  const grown = pre.offsetHeight - height;
  const at = box.scrollTop;
  pre.textContent = after.join("\n");
  box.scrollTop = follows ? 0 : at - grown;
}

// How many of the last old lines the new ones begin with.
function overlap(before, after) {
  for (let count = Math.min(before.length, after.length); count > 0; count--) {
    if (before.slice(-count).every((line, at) => line === after[at])) return count;
  }
  return 0;
}

function take(html) {
  const fresh = part(new DOMParser().parseFromString(html, "text/html"));
  // The end changes the heading and the buttons too, so the whole page is asked for.
  if (fresh.dataset.open === "no") return location.reload();
  wait = html === shown ? Math.min(wait * SLOWER, LAST) : FIRST;
  shown = html;
  show(fresh);
  if (fresh.dataset.state !== state) status.textContent = state = fresh.dataset.state;
}

async function round() {
  try {
    if (!document.hidden) take(await fetchFragment());
  } catch {
    // The site or the connection is away; the page still holds what was last known.
    wait = Math.min(wait * 2, LAST);
  }
  setTimeout(round, wait);
}

setTimeout(round, wait);
