// The knobs of the sandbox that stands in for the outside world.

const poke = async (path, body) => {
  const answer = await fetch(`${process.env.SANDBOX_URL}/_sandbox/${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`the sandbox answered ${answer.status} to ${path}: ${await answer.text()}`);
};

/** The link to this place in the newest mail to an address that has one, as soon as there is one: its path. */
export const linkTo = async (email, place) => {
  const deadline = Date.now() + 20_000;
  while (Date.now() < deadline) {
    const letters = await (await fetch(`${process.env.SANDBOX_URL}/_sandbox/mail`)).json();
    const texts = letters.filter(({ to }) => to.includes(email)).map(({ text }) => text ?? "");
    const link = texts.flatMap((text) => text.split(/\s+/)).find((word) => word.startsWith("http") && word.includes(place));
    if (link) return new URL(link).pathname;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`no mail to ${email} has a link to ${place}`);
};

/** How long a picture takes, until it is set to something else. */
export const drawTime = (ms) => poke("openai/draw_time", { ms });

/** How much longer each call of the payment provider's API takes, until it is set to something else. */
export const apiTakes = (ms) => poke("stripe/slow", { ms });
