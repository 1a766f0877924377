// Keeps a submission's page up to date while it is open: every 5 s, more slowly while nothing changes.

const FIRST = 5_000;
const LAST = 60_000;
const SLOWER = 1.3;

const live = document.getElementById("live");
const status = document.getElementById("status");
let shown = live.innerHTML;
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

function show(html) {
  // Whoever stands inside with the keyboard keeps their place; the next round shows the news.
  if (live.contains(document.activeElement)) return;
  live.innerHTML = html;
  shown = html;
}

function take(html) {
  const fresh = part(new DOMParser().parseFromString(html, "text/html"));
  // The end changes the heading and the buttons too, so the whole page is asked for.
  if (fresh.dataset.open === "no") return location.reload();
  wait = html === shown ? Math.min(wait * SLOWER, LAST) : FIRST;
  show(html);
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
