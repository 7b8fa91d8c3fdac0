// The shortcodes that bots use most; any other stays as it was written.

const NAMES = {
  warning: "⚠️", white_check_mark: "✅", x: "❌", heavy_check_mark: "✔️", rotating_light: "🚨",
  information_source: "ℹ️", question: "❓", exclamation: "❗", bulb: "💡", wave: "👋",
  "+1": "👍", thumbsup: "👍", "-1": "👎", thumbsdown: "👎", eyes: "👀", rocket: "🚀",
  tada: "🎉", sparkles: "✨", fire: "🔥", zap: "⚡", battery: "🔋", electric_plug: "🔌",
  seedling: "🌱", herb: "🌿", evergreen_tree: "🌲", deciduous_tree: "🌳", leaves: "🍃",
  fallen_leaf: "🍂", earth_africa: "🌍", earth_americas: "🌎", earth_asia: "🌏",
  globe_with_meridians: "🌐", cloud: "☁️", sunny: "☀️", wind_blowing_face: "🌬️", droplet: "💧",
  potable_water: "🚰", factory: "🏭", car: "🚗", red_car: "🚗", airplane: "✈️", train: "🚆",
  house: "🏠", computer: "💻", desktop_computer: "🖥️", calculator: "🧮", gear: "⚙️",
  wrench: "🔧", hammer_and_wrench: "🛠️", chart_with_upwards_trend: "📈",
  chart_with_downwards_trend: "📉", bar_chart: "📊", clipboard: "📋", memo: "📝",
  pencil2: "✏️", books: "📚", book: "📖", link: "🔗", bell: "🔔", no_bell: "🔕",
  calendar: "📅", date: "📅", clock1: "🕐", hourglass: "⌛", hourglass_flowing_sand: "⏳",
  stopwatch: "⏱️", lock: "🔒", key: "🔑", mag: "🔍", arrow_up: "⬆️", arrow_down: "⬇️",
  arrow_right: "➡️", repeat: "🔁", red_circle: "🔴", large_green_circle: "🟢",
  large_yellow_circle: "🟡", large_blue_circle: "🔵", green_heart: "💚", heart: "❤️",
  smile: "😄", slightly_smiling_face: "🙂", thinking_face: "🤔", robot_face: "🤖",
};

export const emoji = (name) => NAMES[name] ?? `:${name}:`;
