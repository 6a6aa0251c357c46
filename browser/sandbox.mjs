// The knobs of the sandbox that stands in for the outside world.

const poke = async (path, body) => {
  const answer = await fetch(`${process.env.SANDBOX_URL}/_sandbox/${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`the sandbox answered ${answer.status} to ${path}: ${await answer.text()}`);
};

/** How long a picture takes, until it is set to something else. */
export const drawTime = (ms) => poke("openai/draw_time", { ms });
