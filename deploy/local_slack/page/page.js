// The page: what one person sees of one workspace, kept up to date.

import { composer, shortcuts } from "./composer.js";
import { h } from "./dom.js";
import { clearMessages, drawMessages } from "./messages.js";
import { drawView, focused, modal, restore } from "./modal.js";
import { channel, load, me, onTrouble, remember, send, shown, store, title } from "./store.js";

const $ = (id) => document.getElementById(id);
let refreshing = false;
let again = false;
let homeDrawn = null;

async function refresh() {
  if (refreshing) {
    again = true;
    return;
  }
  refreshing = true;
  try {
    do {
      again = false;
      await load();
      draw();
    } while (again);
  } finally {
    // A page that could not be loaded or drawn once looks again at the next change.
    refreshing = false;
  }
}

function draw() {
  const { views, shortcuts: offered } = store.state;
  drawSwitchers();
  drawSidebar();
  $("channel-name").textContent = title(channel());
  document.title = `${title(channel())} | Local Slack`;
  $("shortcuts").hidden = !offered.some((entry) => entry.kind === "global");
  drawTabs();
  drawMessages(openThread);
  modal(views.at(-1), views.length);
}

function drawSwitchers() {
  const { users, teams, team } = store.state;
  const people = users.filter((user) => !user.is_bot);
  $("user").replaceChildren(...people.map((user) => h("option", { value: user.name }, user.real_name)));
  $("user").value = me().name;
  $("team-switcher").hidden = teams.length < 2;
  $("team").replaceChildren(...teams.map((entry) => h("option", { value: entry.id }, entry.name)));
  $("team").value = team;
}

function drawSidebar() {
  const { channels } = store.state;
  const item = (entry) => h("li", {}, h("button", {
    "aria-current": entry.id === store.state.channel ? "page" : null,
    onclick: () => openChannel(entry),
  }, title(entry)));
  $("channels").replaceChildren(...channels.filter((entry) => entry.kind !== "im").map(item));
  $("apps").replaceChildren(...channels.filter((entry) => entry.kind === "im").map(item));
}

// The app's conversation has a Home tab and a Messages tab, as far as the manifest has them.
function drawTabs() {
  const { tabs, home, bot } = store.state;
  const isApp = channel().kind === "im";
  const tab = isApp && tabs.home ? shown.tab ?? "home" : "messages";
  $("tabs").hidden = !isApp || !tabs.home;
  for (const button of $("tabs").children) {
    button.setAttribute("aria-selected", String(button.dataset.tab === tab));
    button.hidden = button.dataset.tab === "messages" && !tabs.messages;
  }
  $("home").hidden = tab !== "home";
  $("messages").hidden = tab === "home";
  const silent = channel().is_archived || (isApp && (!tabs.messages || tabs.read_only));
  $("composer").hidden = tab === "home" || silent;
  $("draft").placeholder = isApp ? `Message ${bot.name}` : `Message #${channel().name}`;
  if (tab === "home") drawHome(home);
  else homeDrawn = null;
}

function drawHome(view) {
  const key = view ? `${store.state.me} ${view.id} ${view.hash}` : `${store.state.me} none`;
  if (key === homeDrawn) return;
  homeDrawn = key;
  const typing = focused($("home"));
  $("home").replaceChildren(...(view ? drawView(view) : [h("p", { class: "quiet" }, "This app's Home is empty so far.")]));
  if (typing) restore($("home"), typing);
}

function openChannel(entry) {
  const isHome = entry.kind === "im" && store.state.tabs.home;
  go({ channel: entry.id, thread: null, tab: isHome ? "home" : null });
  if (entry.kind === "im") send("open_home", { tab: isHome ? "home" : "messages" });
}

function go(change) {
  Object.assign(shown, change);
  clearMessages();
  homeDrawn = null;
  remember();
  openSidebar(false);
  refresh();
}

function openThread(ts, write = false) {
  Object.assign(shown, { thread: ts });
  remember();
  draw();
  if (write) $("reply").focus();
}

function toast(text) {
  $("toast").textContent = text;
  clearTimeout(toast.timer);
  toast.timer = setTimeout(() => { $("toast").textContent = ""; }, 8000);
}

function openSidebar(open) {
  document.body.classList.toggle("sidebar-open", open);
  $("menu").setAttribute("aria-expanded", String(open));
}

onTrouble(toast);
composer({ draft: $("draft"), button: $("send"), hints: $("hints"), thread: () => null });
composer({ draft: $("reply"), button: $("send-reply"), hints: $("reply-hints"), thread: () => shown.thread });
shortcuts($("shortcuts"));
$("close-thread").addEventListener("click", () => openThread(null));
$("thread").addEventListener("keydown", (event) => { if (event.key === "Escape") openThread(null); });
$("user").addEventListener("change", (event) => {
  go({ user: event.target.value, thread: null, channel: channel().kind === "im" ? "dm" : shown.channel });
});
$("team").addEventListener("change", (event) => go({ team: event.target.value, user: "", channel: "", thread: null, tab: null }));
$("tabs").addEventListener("click", (event) => {
  const { tab } = event.target.dataset;
  if (!tab) return;
  go({ tab });
  send("open_home", { tab });
});
$("spoken").addEventListener("change", (event) => {
  shown.spoken = event.target.checked;
  clearMessages();
  draw();
});
$("menu").addEventListener("click", () => openSidebar(!document.body.classList.contains("sidebar-open")));

new EventSource("/_local/events").addEventListener("message", refresh);
