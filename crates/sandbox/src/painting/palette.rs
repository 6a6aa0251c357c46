//! Colours that go together, and the words that call for them.

use super::field::Color;
use super::noise::Dice;

/// The colours of one picture.
#[derive(Clone, Copy)]
pub(super) struct Palette {
    /// The sky above.
    pub top: Color,
    /// The sky at the horizon.
    pub glow: Color,
    /// Sun, moon, highlights.
    pub light: Color,
    pub far: Color,
    pub near: Color,
    pub accent: Color,
}

const fn palette(colors: [u32; 6]) -> Palette {
    let [top, glow, light, far, near, accent] = colors;
    Palette {
        top: Color::hex(top),
        glow: Color::hex(glow),
        light: Color::hex(light),
        far: Color::hex(far),
        near: Color::hex(near),
        accent: Color::hex(accent),
    }
}

/// The first whose words are in the prompt is taken, so that the more telling ones stand first.
const PALETTES: &[(&[&str], Palette)] = &[
    (
        &["ink", "charcoal", "monochrome", "grey", "gray", "black"],
        palette([0xC9_C8C4, 0xF1_EFEA, 0xFF_FFFF, 0x8C_8C8A, 0x1E_1F22, 0x4A_4B4E]),
    ),
    (
        &["neon", "cyber", "synth", "disco", "arcade"],
        palette([0x16_0C36, 0xD1_3F96, 0xFF_D7EE, 0x55_2F99, 0x0D_0826, 0x35_D6DF]),
    ),
    (
        &["fire", "lava", "volcano", "dragon", "flame", "ember"],
        palette([0x38_1021, 0xF5_7E38, 0xFF_E2A6, 0x9E_2C20, 0x22_0A12, 0xFF_BF45]),
    ),
    (
        &["night", "moon", "star", "stars", "midnight", "galaxy", "space", "cosmos", "nebula", "planet"],
        palette([0x0B_1438, 0x4F_4A84, 0xF6_F0DA, 0x33_3A70, 0x08_0C22, 0x8F_B7FF]),
    ),
    (
        &["sunset", "dusk", "dawn", "sunrise", "evening"],
        palette([0x36_4580, 0xFF_B07A, 0xFF_F1CC, 0xA8_6089, 0x27_1D45, 0xFF_7B5C]),
    ),
    (
        &["gold", "golden", "brass", "bronze", "honey"],
        palette([0x2A_231B, 0xD2_A247, 0xFF_EBB0, 0x94_6C2A, 0x1A_130C, 0xEB_C662]),
    ),
    (
        &["snow", "winter", "ice", "frost", "arctic", "polar", "penguin"],
        palette([0x86_AED3, 0xF3_E4E6, 0xFF_FFFF, 0xAF_C4D8, 0x41_5B78, 0xE5_9C9A]),
    ),
    (
        &["desert", "dune", "dunes", "sand", "sahara", "canyon", "camel"],
        palette([0x67_A2B8, 0xF8_DBAA, 0xFF_F4D3, 0xDA_9B63, 0x74_3721, 0xC6_5230]),
    ),
    (
        &["autumn", "fall", "harvest", "pumpkin", "fox", "maple"],
        palette([0xB8_C2B8, 0xF8_DFAE, 0xFF_F4D6, 0xCB_7C3C, 0x46_1F17, 0xB0_3A20]),
    ),
    (
        &["rose", "roses", "pink", "peony", "love", "heart", "blush", "flamingo"],
        palette([0xEE_C3CC, 0xFC_EBE0, 0xFF_FAF3, 0xD7_8BA0, 0x5F_2239, 0xC4_3C60]),
    ),
    (
        &["lavender", "purple", "violet", "lilac", "wizard", "magic"],
        palette([0xA9_97D2, 0xF6_D9E2, 0xFF_F4EC, 0x84_70B5, 0x35_275A, 0xE8_A4C6]),
    ),
    (
        &[
            "sea", "ocean", "wave", "waves", "beach", "lake", "blue", "whale", "boat", "sail", "harbour",
            "harbor",
        ],
        palette([0x2F_6A9A, 0xF4_D4AE, 0xFF_F3D4, 0x4C_88A8, 0x0E_3550, 0xE7_8460]),
    ),
    (
        &[
            "forest", "tree", "trees", "pine", "wood", "woods", "jungle", "green", "fern", "moss", "bear",
            "deer",
        ],
        palette([0xBF_D9CC, 0xF4_EDC6, 0xFF_F9E0, 0x7B_A48B, 0x10_3226, 0xD6_8A3A]),
    ),
    (
        &["spring", "garden", "flower", "flowers", "meadow", "mint", "tulip", "daisy", "blossom", "bloom"],
        palette([0xB4_DCD8, 0xFC_F3CF, 0xFF_FEF5, 0x79_BD9E, 0x1E_5549, 0xEF_8399]),
    ),
];

/// The colours for a prompt's words. Without a word that is known the dice choose, though never grey or neon.
pub(super) fn choose(words: &[String], dice: &mut Dice) -> Palette {
    let named =
        PALETTES.iter().find(|(names, _)| names.iter().any(|name| words.iter().any(|word| word == name)));
    let (_, palette) = named.unwrap_or_else(|| &PALETTES[2 + dice.below(PALETTES.len() - 2)]);
    vary(*palette, dice)
}

/// No two pictures in quite the same colours.
fn vary(palette: Palette, dice: &mut Dice) -> Palette {
    let warm = dice.between(-0.035, 0.035);
    let bright = dice.between(0.95, 1.05);
    let tint = |color: Color| {
        let Color([r, g, b]) = color;
        Color([(r + warm) * bright, g * bright, (b - warm) * bright].map(|c| c.clamp(0.0, 1.0)))
    };
    Palette {
        top: tint(palette.top),
        glow: tint(palette.glow),
        light: palette.light,
        far: tint(palette.far),
        near: tint(palette.near),
        accent: tint(palette.accent),
    }
}
