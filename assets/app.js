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

// An idea fills the field instead of loading the page again, so that the other choices stay.
each("[data-fill]", (button) =>
  button.addEventListener("click", (event) => {
    const field = document.getElementById(button.dataset.fill);
    event.preventDefault();
    field.value = button.value;
    field.dispatchEvent(new Event("input"));
    field.focus();
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

// One press, one request. A page that comes back from the browser's cache is fresh again.
each("form[data-once]", (form) =>
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
  }),
);
addEventListener("pageshow", () => each("form[data-sent]", (form) => delete form.dataset.sent));

// Escape closes an open question.
addEventListener("keydown", (event) => {
  const open = event.key === "Escape" && document.querySelector("details.confirm[open]");
  if (!open) return;
  open.open = false;
  open.querySelector("summary").focus();
});

// Moments in the reader's own clock.
const clock = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" });
each("time[datetime]", (time) => (time.textContent = clock.format(new Date(time.dateTime))));

// Whoever waits in another tab sees in its name that the pictures are there.
document.addEventListener("htmx:after:swap", () => {
  const news = document.querySelector("#progress")?.dataset.title;
  if (news && !document.title.startsWith(news)) document.title = `${news}: ${document.title}`;
});

// A hidden tab asks for nothing; it asks at once when it is looked at again.
document.addEventListener("htmx:before:request", (event) => document.hidden && event.preventDefault());
document.addEventListener("visibilitychange", () => {
  const progress = document.querySelector("#progress[data-hx-get]");
  if (progress && !document.hidden) progress.dispatchEvent(new Event("every"));
});
