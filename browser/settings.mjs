// The browsers that people have: with scripts or without, in the light or in the dark, on a small telephone or at a desk.

const scripts = [true, false];

export const looks = ["light", "dark"].flatMap((scheme) => [320, 1280].map((width) => ({ scheme, width })));

/** Everybody tells the whole story in a browser of their own. */
export const everybody = scripts.flatMap((js) => looks.map((look) => ({ js, looks: [look] })));

/** Those of them that see in the light. */
export const byDay = everybody.filter(({ looks: [look] }) => look.scheme === "light");

/** The story is told once with scripts and once without; every page on the way is seen in all four looks. */
export const withAndWithoutScripts = scripts.map((js) => ({ js, looks }));

export const nameOf = ({ js, looks: [look, ...others] }) =>
  `${js ? "scripts" : "no scripts"}, ${others.length ? "four looks" : `${look.scheme}, ${look.width} px`}`;
