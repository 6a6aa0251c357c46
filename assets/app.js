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
each("form[data-once]", (form) =>
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) return event.preventDefault();
    form.dataset.sent = "yes";
    setTimeout(refresh, 30_000);
  }),
);
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
document.addEventListener("htmx:before:request", (event) => {
  if (document.hidden && Date.now() - asked < 25_000) event.preventDefault();
  else asked = Date.now();
});
document.addEventListener("visibilitychange", () => {
  const progress = document.querySelector("#progress[data-hx-get]");
  if (progress && !document.hidden) progress.dispatchEvent(new Event("every"));
});
