// Comfort only: every page works without this file.
const each = (selector, act) => document.querySelectorAll(selector).forEach(act);

// How much of a limited text is left.
each("[data-count]", (line) => {
  const field = document.getElementById(line.dataset.count);
  const tell = () => {
    const left = field.maxLength - field.value.length;
    line.textContent = left < 0 ? `${-left} characters too many` : `${left} of ${field.maxLength} characters left`;
    line.classList.toggle("is-short", left < 50);
  };
  field.addEventListener("input", tell);
  tell();
});

// What is chosen has its price before it is asked for.
each("[data-price]", (line) => {
  const form = line.closest("form");
  const tell = () => {
    const quality = form.querySelector("[name=quality]:checked");
    const count = Number(form.querySelector("[name=count]:checked")?.value);
    if (!quality || !count) return;
    const name = quality.closest("label").querySelector(".chip-name").textContent.toLowerCase();
    const price = count * Number(quality.dataset.credits);
    line.textContent = `${count} ${name} picture${count === 1 ? "" : "s"}: ${price} credit${price === 1 ? "" : "s"}`;
  };
  form.addEventListener("change", tell);
  // A browser that comes back to a page has its own idea of what is chosen.
  addEventListener("pageshow", tell);
});

// A surprise changes the sentence, the style and the shape, and leaves everything else as it is. A sentence of one's own comes back.
each("a[data-surprise]", (link) => {
  const form = document.getElementById(link.dataset.surprise);
  const back = document.querySelector("[data-surprise-back]");
  let surprise;
  let own;
  const write = (sentence) => {
    form.elements.prompt.value = sentence;
    form.elements.prompt.dispatchEvent(new Event("input"));
    form.elements.prompt.focus();
  };
  back.addEventListener("click", () => {
    back.hidden = true;
    write(own);
  });
  link.addEventListener("click", async (event) => {
    if (event.metaKey || event.ctrlKey) return;
    event.preventDefault();
    const answer = await fetch(link.href).catch(() => null);
    const page = answer?.ok && new DOMParser().parseFromString(await answer.text(), "text/html");
    const other = page && page.getElementById(link.dataset.surprise);
    if (!other) return location.assign(link.href);
    for (const name of ["style", "size"]) {
      const chosen = other.querySelector(`[name=${name}]:checked`).value;
      form.querySelector(`[name=${name}][value=${chosen}]`).checked = true;
    }
    const before = form.elements.prompt.value;
    if (before.trim() && before !== surprise) {
      own = before;
      back.hidden = false;
    }
    surprise = other.elements.prompt.value;
    write(surprise);
    link.href = page.querySelector("a[data-surprise]").href;
  });
});

// A large picture is made smaller before it is sent. Whatever goes wrong here, it is sent as it is.
each("input[data-shrink]", (field) =>
  field.addEventListener("change", async () => {
    const [file] = field.files;
    if (!file || file.size < 1_500_000 || !field.accept.split(",").includes(file.type)) return;
    try {
      const whole = await createImageBitmap(file);
      const scale = Math.min(1, field.dataset.shrink / Math.max(whole.width, whole.height));
      const canvas = document.createElement("canvas");
      [canvas.width, canvas.height] = [whole.width, whole.height].map((side) => Math.max(1, Math.round(side * scale)));
      const paper = canvas.getContext("2d");
      paper.fillStyle = "#fff";
      paper.fillRect(0, 0, canvas.width, canvas.height);
      paper.drawImage(whole, 0, 0, canvas.width, canvas.height);
      const small = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.92));
      if (!small || small.size >= file.size || field.files[0] !== file) return;
      const files = new DataTransfer();
      files.items.add(new File([small], file.name.replace(/\.\w+$/, ".jpg"), { type: small.type }));
      field.files = files.files;
    } catch {}
  }),
);

each("[data-reveal]", (button) => {
  const field = document.getElementById(button.dataset.reveal);
  button.hidden = false;
  button.setAttribute("aria-label", "Show password");
  button.addEventListener("click", () => {
    const shown = field.type === "password";
    field.type = shown ? "text" : "password";
    button.textContent = shown ? "Hide" : "Show";
    button.setAttribute("aria-pressed", shown);
  });
});

// One press, one request. A page that comes back from the browser's cache is fresh again, and so is one whose request was
// stopped: browsers that do not say so are taken to have been after half a minute. The shop takes the same twice for once.
const refresh = () => each("form[data-sent]", (form) => delete form.dataset.sent);
document.addEventListener("submit", (event) => {
  const form = event.target.closest("form[data-once]");
  if (!form) return;
  if (form.dataset.sent) return event.preventDefault();
  form.dataset.sent = "yes";
  setTimeout(refresh, 30_000);
});
addEventListener("pageshow", refresh);
window.navigation?.addEventListener("navigateerror", refresh);

// Escape closes an open question.
addEventListener("keydown", (event) => {
  const open = event.key === "Escape" && document.querySelector("details.confirm[open]");
  if (!open) return;
  open.open = false;
  open.querySelector("summary").focus();
});

// Moments in the reader's own clock.
const clock = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" });
const tellTime = () => each("time[datetime]", (time) => (time.textContent = clock.format(new Date(time.dateTime))));
tellTime();

// Whoever waits in another tab sees in its name that the pictures are there.
document.addEventListener("htmx:after:swap", () => {
  tellTime();
  const news = document.querySelector("#progress")?.dataset.title;
  if (news && !document.title.startsWith(news)) document.title = `${news}: ${document.title}`;
});

// A hidden tab asks now and then, for its name; it asks at once when it is looked at again.
let asked = 0;
let left = false;
document.addEventListener("htmx:before:request", (event) => {
  if (left || (document.hidden && Date.now() - asked < 25_000)) event.preventDefault();
  else asked = Date.now();
});

// A page that is being left asks nothing more: an answer that leads elsewhere would begin that way anew, again and again on a
// slow line. Whoever comes back to it by the browser's cache sees how things stand now, and is not led away a second time.
const stay = () => (left = false);
addEventListener("beforeunload", () => {
  left = true;
  setTimeout(stay, 30_000);
});
addEventListener("pagehide", () => (left = true));
addEventListener("pageshow", (event) => {
  if (event.persisted && document.querySelector("#progress[data-hx-get]")) location.reload();
  else stay();
});
window.navigation?.addEventListener("navigateerror", stay);
document.addEventListener("visibilitychange", () => {
  const progress = document.querySelector("#progress[data-hx-get]");
  if (progress && !document.hidden) progress.dispatchEvent(new Event("every"));
});

// The part of a picture that is printed, moved by hand. The server is asked when the hand rests: it knows prices and mock-ups, and
// has the last word on what fits. Numbers are ten-thousandths of the picture, as there.
const WHOLE = 10_000;
const PARTS = ["left", "top", "width", "height"];
const numbers = (data, names) => names.map((name) => Number(data[name]));
const stage = () => document.querySelector("[data-crop]");

const dpi = (crop, data) => {
  const [across, down, wide, tall] = numbers(data, ["pictureWidth", "pictureHeight", "mmWidth", "mmHeight"]);
  const inch = (side, part, mm) => Math.floor((Math.round((side * part) / WHOLE) * 254) / (mm * 10));
  return Math.min(inch(across, crop.width, wide), inch(down, crop.height, tall));
};

// As much of the picture as fills the print, and the smallest share of that which is still sharp enough to be sold.
const largest = (data) => {
  const [across, down, wide, tall] = numbers(data, ["pictureWidth", "pictureHeight", "mmWidth", "mmHeight"]);
  const part = (top, bottom) => Math.min(WHOLE, Math.floor((top * WHOLE) / bottom));
  const wider = across * tall > down * wide;
  const full = wider ? { width: part(down * wide, across * tall), height: WHOLE } : { width: WHOLE, height: part(across * tall, down * wide) };
  return { ...full, least: Math.min(1, (Number(data.least) + 1) / dpi(full, data)) };
};

const showCrop = (frame, crop) => {
  const { left, top, width, height } = crop;
  Object.assign(frame.dataset, crop);
  const [right, bottom] = [left + width, top + height];
  frame.querySelector(".crop-shade").setAttribute("d", `M0 0H${WHOLE}V${WHOLE}H0ZM${left} ${top}H${right}V${bottom}H${left}Z`);
  for (const [name, value] of Object.entries({ x: left, y: top, width, height })) frame.querySelector(".crop-edge").setAttribute(name, value);
  each("[data-crop-part]", (field) => (field.value = crop[field.dataset.cropPart]));
  each("[data-crop-chosen]", (field) => (field.disabled = false));
  const [found, good, fair] = [dpi(crop, frame.dataset), ...numbers(frame.dataset, ["good", "fair"])];
  const sharpness = found >= good ? "good" : found >= fair ? "fair" : "low";
  each("[data-sharpness]", (words) => {
    words.hidden = words.dataset.sharpness !== sharpness;
    if ("disabled" in words) words.disabled = words.hidden;
  });
  each("[data-dpi]", (number) => (number.textContent = found));
  const percent = (part) => `${Math.round(part / 100)} %`;
  document.querySelector("[data-crop-says]").textContent =
    `${percent(left)} from the left, ${percent(top)} from the top, ${percent(width)} wide, ${percent(height)} tall, ${found} pixels an inch`;
};

const clamped = (value, most) => Math.max(0, Math.min(Math.round(value), most));
const cropOf = (frame) => Object.fromEntries(PARTS.map((part) => [part, Number(frame.dataset[part])]));
const moveCrop = (frame, from, right, down) =>
  showCrop(frame, { ...from, left: clamped(from.left + right, WHOLE - from.width), top: clamped(from.top + down, WHOLE - from.height) });
const zoomCrop = (frame, by) => {
  const [crop, full] = [cropOf(frame), largest(frame.dataset)];
  const share = Math.max(full.least, Math.min(1, (crop.width / full.width) * by));
  const [width, height] = [Math.round(full.width * share), Math.round(full.height * share)];
  const keep = (start, before, now) => clamped(start + (before - now) / 2, WHOLE - now);
  showCrop(frame, { left: keep(crop.left, crop.width, width), top: keep(crop.top, crop.height, height), width, height });
};

let resting;
let focused;
let question;
document.addEventListener("htmx:before:request", (event) => {
  if (event.target.id === "choices") question = event.detail.ctx;
});
/** While a hand is at work no answer may come between: it would show the part as it was asked for. Tells whether one was due. */
const hold = () => {
  const isDue = resting !== undefined || question?.status === "issuing";
  clearTimeout(resting);
  resting = undefined;
  document.querySelector("#choices")?.dispatchEvent(new Event("htmx:abort"));
  return isDue;
};
const rest = (milliseconds) => {
  clearTimeout(resting);
  resting = setTimeout(() => {
    resting = undefined;
    focused = document.activeElement?.id;
    document.querySelector("#choices")?.dispatchEvent(new Event("change", { bubbles: true }));
  }, milliseconds);
};

let drag;
document.addEventListener("pointerdown", (event) => {
  const frame = event.target.closest("[data-crop]");
  if (!frame || event.button) return;
  const isDue = hold();
  frame.setPointerCapture(event.pointerId);
  drag = { frame, isDue, x: event.clientX, y: event.clientY, from: cropOf(frame), box: frame.getBoundingClientRect() };
});
document.addEventListener("pointermove", (event) => {
  if (!drag) return;
  const { frame, x, y, from, box } = drag;
  moveCrop(frame, from, ((event.clientX - x) / box.width) * WHOLE, ((event.clientY - y) / box.height) * WHOLE);
});
for (const end of ["pointerup", "pointercancel"])
  document.addEventListener(end, () => {
    const isDue = drag && (drag.isDue || PARTS.some((part) => drag.from[part] !== Number(drag.frame.dataset[part])));
    drag = undefined;
    if (isDue) rest(0);
  });
const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
document.addEventListener("keydown", (event) => {
  const frame = event.target.closest?.("[data-crop]");
  if (!frame || event.metaKey || event.ctrlKey || event.altKey) return;
  const step = STEPS[event.key]?.map((way) => way * (event.shiftKey ? 500 : 100));
  if (!step && !["+", "=", "-"].includes(event.key)) return;
  event.preventDefault();
  hold();
  if (step) moveCrop(frame, cropOf(frame), ...step);
  else zoomCrop(frame, event.key === "-" ? 1 / 0.95 : 0.95);
  rest(900);
});
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-crop-zoom]");
  if (!button) return;
  hold();
  zoomCrop(stage(), button.dataset.cropZoom === "in" ? 0.9 : 1 / 0.9);
  rest(900);
});
// Who chooses by words does not choose by hand any more.
document.addEventListener(
  "change",
  (event) => event.target.name === "place" && each("[data-crop-chosen]", (field) => (field.disabled = true)),
  true,
);

const readyProduct = () => {
  const frame = stage();
  if (!frame) return;
  frame.tabIndex = 0;
  frame.setAttribute("role", "application");
  if ("byHand" in frame.dataset) each("[data-crop-chosen]", (field) => (field.disabled = false));
};
readyProduct();
document.addEventListener("htmx:after:swap", () => {
  readyProduct();
  const here = document.querySelector("#product")?.dataset.here;
  if (here) history.replaceState(history.state, "", here);
  if (focused && document.activeElement === document.body) document.getElementById(focused)?.focus({ preventScroll: true });
  focused = undefined;
});
