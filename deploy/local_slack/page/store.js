// What the page shows and to whom, the state that the local Slack reports, and what is sent to it.

const here = new URLSearchParams(location.hash.slice(1));

export const shown = {
  team: here.get("team") ?? "",
  user: here.get("user") ?? "ada",
  channel: here.get("channel") ?? "ml-planning",
  thread: here.get("thread"),
  tab: here.get("tab"),
  spoken: false,
};

export const store = { state: null };

let tell = () => {};
export const onTrouble = (listener) => { tell = listener; };

export async function load() {
  const { team, user, channel } = shown;
  store.state = await (await fetch(`/_local/state?${new URLSearchParams({ team, user, channel })}`)).json();
}

const who = () => ({ team: shown.team, user: store.state.me, channel: store.state.channel });

// Send what the person did; what goes wrong is told, unless Slack itself tells it in the channel.
export async function send(path, body) {
  const response = await fetch(`/_local/${path}`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ ...who(), ...body }),
  });
  const answer = response.ok ? await response.json() : { error: await response.text() };
  if (answer.error && (path !== "command" || !response.ok)) {
    tell(`That did not work: ${answer.error}. ${answer.detail ?? ""}`);
  }
  return answer;
}

// What people type and pick in inputs, sent one after the other, and only the latest of each.
const waiting = new Map();
let entering = Promise.resolve();

export function enter(surface, { block_id, action_id, chosen, trigger }) {
  waiting.set(JSON.stringify([surface, block_id, action_id]), { ...surface, block_id, action_id, chosen, trigger });
  entering = entering.then(async () => {
    for (const key of [...waiting.keys()]) {
      const body = waiting.get(key);
      waiting.delete(key);
      if (body) await send("enter", body);
    }
  });
  return entering;
}

// A file that was picked is entered once it is uploaded.
let holding = Promise.resolve();
export function hold(work) {
  holding = Promise.allSettled([holding, work]);
}

// Resolves when everything that was entered has arrived.
export async function entered() {
  await holding;
  await entering;
}

export async function upload(file) {
  const response = await fetch(`/_local/upload?${new URLSearchParams({ ...who(), name: file.name })}`, {
    method: "POST",
    headers: { "Content-Type": "application/octet-stream" },
    body: file,
  });
  if (!response.ok) tell(`That did not work: ${await response.text()}`);
  return response.ok ? (await response.json()).file : null;
}

export const me = () => store.state.users.find((user) => user.id === store.state.me);
export const channel = () => store.state.channels.find((entry) => entry.id === store.state.channel);
export const title = (entry) =>
  entry.kind === "im" ? store.state.bot.name : `${entry.kind === "private" ? "🔒" : "#"} ${entry.name}`;

export function remember() {
  const { team, user, channel: open, thread, tab } = shown;
  const kept = Object.entries({ team, user, channel: open, thread, tab }).filter(([, value]) => value);
  location.hash = new URLSearchParams(kept);
}

// What blocks need to know of the people, the channels and the reader.
export function world(more = {}) {
  const { users, channels, files } = store.state;
  return {
    users: users.filter((user) => !user.is_bot),
    channels,
    tz: me().tz,
    locale: me().locale,
    userName: (id) => users.find((user) => user.id === id)?.name,
    channelName: (id) => channels.find((entry) => entry.id === id)?.name,
    fileUrl: (file) => files[file?.id] ?? file?.url,
    ...more,
  };
}
